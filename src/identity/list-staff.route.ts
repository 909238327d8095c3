import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { list } from '../http/schemas.ts';
import {
  sellerParamsSchema,
  staffMemberSchema,
  toStaffMemberAnswer,
  uuidPageQuerySchema,
} from './identity.schema.ts';
import { listStaff } from './staff.store.ts';

/** `GET /sellers/{id}/staff`: who works for a seller, and as what. */
export function listStaffRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/staff',
    {
      config: { right: 'staff.read' },
      schema: {
        operationId: 'listStaff',
        tags: ['identity'],
        summary: 'Who works for a seller',
        params: sellerParamsSchema,
        querystring: uuidPageQuerySchema,
        response: { 200: list(staffMemberSchema) },
      },
    },
    async (request) => {
      const { starting_after, limit = limits.pageRowsDefault } = request.query;
      const { members, hasMore } = await listStaff(reader, request.params.seller_id, {
        limit,
        ...(starting_after === undefined ? {} : { startingAfter: starting_after }),
      });
      return { data: members.map(toStaffMemberAnswer), has_more: hasMore };
    },
  );
}
