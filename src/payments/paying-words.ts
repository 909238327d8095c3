import type { Locale } from '../base/format.ts';
import type { EndReason, IntentState } from './intent.ts';

const waiting: Record<Locale, { online: string; reported: string; paid: string }> = {
  es: {
    online: 'Sus lugares están apartados. Pague con tarjeta y sus entradas llegan enseguida.',
    reported: 'Sus lugares están apartados. Verificamos su pago y aquí verá cuando esté.',
    paid: 'Recibimos su pago. Estamos haciendo su compra.',
  },
  en: {
    online: 'Your places are kept. Pay by card and your tickets come at once.',
    reported: 'Your places are kept. We verify your payment, and you see it here.',
    paid: 'Your payment is here. We are making your purchase.',
  },
};

const endings: Record<Locale, Record<EndReason, string>> = {
  es: {
    not_paid_in_time: 'El pago no se completó a tiempo y los lugares volvieron a la venta.',
    payment_failed: 'El pago no fue aceptado y los lugares volvieron a la venta.',
    cancelled_by_buyer: 'Usted dejó este pago. No se cobró nada.',
    plan_lapsed:
      'Su plan de pago venció y los lugares volvieron a la venta. De lo que pagó le devolvemos lo que dicen las condiciones.',
    plan_cancelled:
      'Su plan de pago fue cancelado y los lugares volvieron a la venta. De lo que pagó le devolvemos lo que dicen las condiciones.',
    cancelled_by_seller: 'Su plan de pago fue cancelado. Le devolvemos todo lo que pagó.',
    places_gone: 'Su pago llegó cuando sus lugares ya no estaban libres. Le devolvemos todo el dinero.',
    sales_closed: 'Su pago llegó cuando la venta ya había terminado. Le devolvemos todo el dinero.',
    amount_differs: 'El monto que recibimos no es el de su compra. Se lo devolvemos.',
  },
  en: {
    not_paid_in_time: 'The payment was not completed in time and the places are back on sale.',
    payment_failed: 'The payment was not accepted and the places are back on sale.',
    cancelled_by_buyer: 'You left this payment. Nothing was charged.',
    plan_lapsed:
      'Your payment plan lapsed and the places are back on sale. Of what you paid you get back what the terms say.',
    plan_cancelled:
      'Your payment plan was cancelled and the places are back on sale. Of what you paid you get back what the terms say.',
    cancelled_by_seller: 'Your payment plan was cancelled. You get all of your money back.',
    places_gone: 'Your payment came when your places were no longer free. You get all of your money back.',
    sales_closed: 'Your payment came when the sale had ended. You get all of your money back.',
    amount_differs: 'The amount that we received is not the one of your order. You get it back.',
  },
};

/** Why an order ended without a sale, for its buyer; null when it did not. */
export function endingWords(reason: EndReason | null, locale: Locale): string | null {
  return reason && endings[locale][reason];
}

/** How an order is paid, for its buyer. */
export function payingWords(
  paying: { state: IntentState; reason: EndReason | null; isOnline: boolean },
  locale: Locale,
): string {
  const { state, reason, isOnline } = paying;
  if (state === 'awaiting') return waiting[locale][isOnline ? 'online' : 'reported'];
  return endingWords(reason, locale) ?? waiting[locale].paid;
}
