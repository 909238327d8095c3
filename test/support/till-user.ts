// A till that sells standing places until it is killed, or has nothing left: `till-user.ts DIR ZONE [print-first]`.
import { TillFolder } from '../../src/tills/till-folder.adapter.ts';
import { nextSale, type TillOrder } from '../../src/tills/till-file.ts';

const [dir = '', zone = '2', order = 'write-first'] = process.argv.slice(2);

const ask: TillOrder = {
  leaseId: null,
  seatNos: [],
  zones: [{ zoneNo: Number(zone), quantity: 1 }],
  kind: null,
  payment: { method: 'cash', tendered: null, reference: null },
  customer: { name: 'Ana', email: null, phone: null, document: null, locale: 'es' },
};

const folder = new TillFolder(dir);
for (;;) {
  if (order === 'print-first') {
    const { sold } = nextSale(folder.readSales(), folder.readLeases('open'), ask, new Date());
    console.log(sold.fiscalNumber);
    // Until it is killed: the sale has been handed out, and is in no file.
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  }
  console.log(folder.sell(ask, new Date()).fiscalNumber);
}
