const mine = 'tenant_id = 1';

/** How statistics of seller 1 can be wrong, by the line that must tell of it. */
export const statisticsViolations: Record<string, Record<string, string[]>> = {
  'I13 statistics': {
    'statistics that are off': [
      `update sales_statistics set discounts = discounts + 1 where ${mine} and zone_no = 1`,
    ],
    'a zone that was never counted': [`delete from sales_statistics where ${mine} and zone_no = 1`],
    'sales of another quarter of an hour': [
      `update sales_statistics set quarter = quarter - interval '15 minutes' where ${mine} and zone_no = 2`,
    ],
    'sales of another channel': [
      `update sales_statistics set channel = 'till' where ${mine} and zone_no = 1`,
    ],
    'sales of another price stage': [
      `update sales_statistics set price_stage = 'early' where ${mine} and zone_no = 1`,
    ],
    'something given back that was not': [
      `update sales_statistics set tickets_returned = 9 where ${mine} and zone_no = 2`,
    ],
  },
  'I13 taxes': {
    'a tax that is off': [`update tax_statistics set taxes = taxes + 1 where ${mine}`],
    'a tax that was never counted': [`delete from tax_statistics where ${mine}`],
  },
};
