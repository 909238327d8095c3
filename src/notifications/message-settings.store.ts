import type { Reader, Row, Tx } from '../db/transaction.ts';
import type { MessageChannel } from './message-kind.ts';
import type { QuietHours } from './quiet-hours.ts';

/** By which channels a seller writes to its buyers, and when it reminds them. */
export type MessageSettings = {
  /** In the order in which they are tried. */
  channels: MessageChannel[];
  /** How long before an event; null: never. */
  reminderHours: number | null;
  quiet: QuietHours;
};

type SettingsRow = Row & {
  channels: MessageChannel[];
  reminderHours: number | null;
  fromMinute: number | null;
  untilMinute: number | null;
};

/** A seller's settings; one that has said nothing reminds nobody. Null when there is no such seller. */
export async function readMessageSettings(reader: Reader, tenantId: number): Promise<MessageSettings | null> {
  const [row] = await reader.query<SettingsRow>({
    name: 'read-message-settings',
    text: `select s.message_channels as channels, m.reminder_hours as "reminderHours",
                  m.quiet_from_minute as "fromMinute", m.quiet_until_minute as "untilMinute"
             from sellers s left join message_settings m on m.tenant_id = s.tenant_id
            where s.tenant_id = $1`,
    values: [tenantId],
  });
  if (!row) return null;
  const { channels, reminderHours, fromMinute, untilMinute } = row;
  return {
    channels,
    reminderHours,
    quiet: { fromMinute: fromMinute ?? 21 * 60, untilMinute: untilMinute ?? 8 * 60 },
  };
}

/** Keeps a seller's settings. */
export async function saveMessageSettings(
  tx: Tx,
  tenantId: number,
  { channels, reminderHours, quiet }: MessageSettings,
): Promise<void> {
  await tx.query({
    text: 'update sellers set message_channels = $2 where tenant_id = $1',
    values: [tenantId, channels],
  });
  await tx.query({
    text: `insert into message_settings (tenant_id, reminder_hours, quiet_from_minute, quiet_until_minute)
           values ($1, $2, $3, $4)
           on conflict (tenant_id) do update
              set reminder_hours = excluded.reminder_hours, quiet_from_minute = excluded.quiet_from_minute,
                  quiet_until_minute = excluded.quiet_until_minute, updated_at = now()`,
    values: [tenantId, reminderHours, quiet.fromMinute, quiet.untilMinute],
  });
}
