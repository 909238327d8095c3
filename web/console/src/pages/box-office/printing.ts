import { keep, kept } from '../../../../shared/src/kept.ts';

/** How this machine prints. */
export type PrintSettings = {
  /** `browser`: the browser's own printing; the others send the bytes of a thermal printer (ESC/POS). */
  receipts: 'browser' | 'usb' | 'url';
  paper: 'receipt' | 'a4';
  /** Where bytes are sent to, on this machine: a print server that takes them by POST. */
  url: string;
  /** What is printed by itself after a sale. */
  after: 'nothing' | 'receipt' | 'tickets' | 'both';
};

const storageKey = 'taquilla.box-office.printing';
const usual: PrintSettings = {
  receipts: 'browser',
  paper: 'receipt',
  url: 'http://127.0.0.1:9100/',
  after: 'nothing',
};

export function readPrintSettings(): PrintSettings {
  return { ...usual, ...kept<Partial<PrintSettings>>(storageKey, 'localStorage') };
}

export function keepPrintSettings(settings: PrintSettings): void {
  keep(storageKey, settings, 'localStorage');
}

/** What is used of WebUSB, which TypeScript's own DOM does not know. */
type UsbEndpoint = { endpointNumber: number; direction: 'in' | 'out'; type: string };
type UsbDevice = {
  opened: boolean;
  configuration: {
    interfaces: {
      interfaceNumber: number;
      alternate: { interfaceClass: number; endpoints: UsbEndpoint[] };
    }[];
  } | null;
  open(): Promise<void>;
  selectConfiguration(value: number): Promise<void>;
  claimInterface(number: number): Promise<void>;
  transferOut(endpoint: number, data: BufferSource): Promise<{ status: string }>;
};
type Usb = {
  getDevices(): Promise<UsbDevice[]>;
  requestDevice(options: { filters: { classCode: number }[] }): Promise<UsbDevice>;
};

const printerClass = 7;

function usbOf(): Usb | undefined {
  return (navigator as { usb?: Usb }).usb;
}

/** Whether this browser speaks to printers over USB. */
export function hasUsb(): boolean {
  return usbOf() !== undefined;
}

/** Lets the cashier choose the printer; the browser asks only after a press. */
export async function chooseUsbPrinter(): Promise<void> {
  await usbOf()?.requestDevice({ filters: [{ classCode: printerClass }] });
}

async function printByUsb(bytes: ArrayBuffer): Promise<void> {
  const [device] = (await usbOf()?.getDevices()) ?? [];
  if (!device) throw new Error('no printer was chosen');
  if (!device.opened) await device.open();
  if (device.configuration === null) await device.selectConfiguration(1);
  const face = device.configuration?.interfaces.find((one) => one.alternate.interfaceClass === printerClass);
  const out = face?.alternate.endpoints.find((one) => one.direction === 'out' && one.type === 'bulk');
  if (!face || !out) throw new Error('the device is no printer');
  await device.claimInterface(face.interfaceNumber);
  const { status } = await device.transferOut(out.endpointNumber, bytes);
  if (status !== 'ok') throw new Error(`the printer answered ${status}`);
}

/** Sends bytes to the thermal printer. @throws when they did not get there. */
export async function printBytes(bytes: ArrayBuffer, { receipts, url }: PrintSettings): Promise<void> {
  if (receipts === 'usb') return await printByUsb(bytes);
  // A print server on this machine need not know of cross-origin requests: what it answers is not read.
  await fetch(url, { method: 'POST', body: bytes, mode: 'no-cors' });
}
