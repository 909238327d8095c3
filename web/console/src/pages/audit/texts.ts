import { bothLanguages, names } from '../../lib/texts.ts';

export const texts = bothLanguages(
  {
    title: 'Registro de cambios',
    lead: 'Quién cambió qué, cuándo y desde dónde. Lo más reciente primero.',
    at: 'Cuándo',
    who: 'Quién',
    what: 'Qué',
    thing: 'Cosa',
    change: 'Antes y después',
    from: 'Desde',
    kinds: names({ staff: 'persona', api_key: 'clave', device: 'dispositivo', command: 'comando' }),
    none: 'Todavía no cambió nada.',
    before: 'antes',
    after: 'después',
    refresh: 'Actualizar',
  },
  {
    title: 'Audit log',
    lead: 'Who changed what, when and from where. The newest first.',
    at: 'When',
    who: 'Who',
    what: 'What',
    thing: 'Thing',
    change: 'Before and after',
    from: 'From',
    kinds: { staff: 'person', api_key: 'key', device: 'device', command: 'command' },
    none: 'Nothing has been changed yet.',
    before: 'before',
    after: 'after',
    refresh: 'Refresh',
  },
);
