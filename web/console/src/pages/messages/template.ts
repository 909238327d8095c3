/** A template of a message, with what of it is the seller's own. */
export type Template = {
  kind: string;
  locale: string;
  mail: { subject: string; mjml: string; text?: string };
  sms: string;
  whatsapp: { template: string; variables: string[] };
  changed: ('mail' | 'sms' | 'whatsapp')[];
  variables: { name: string; type: string; optional: boolean; fields: string[] }[];
};

export type Preview = {
  subject: string;
  text: string;
  sms: string;
  sms_length: { units: number; segments: number };
  whatsapp: { template: string; variables: string[] };
};
