import { bothLanguages } from './texts.ts';

type FaultTexts = {
  network: string;
  server: string;
  unknown: string;
  /** By the code of the problem (src/base/errors.ts). */
  codes: Record<string, string>;
  /** By the code of a field's error; what tells a number (`too_long`) is left to the server's own sentence in English. */
  fields: Record<string, string>;
};

export const faultTexts = bothLanguages<FaultTexts>(
  {
    network: 'No hay conexión con el servidor. Nada se perdió de lo que escribiste.',
    server: 'Algo falló de nuestro lado. Inténtalo de nuevo en un momento.',
    unknown: 'Algo salió mal. Inténtalo de nuevo.',
    codes: {
      not_found: 'Aquí no hay nada.',
      forbidden: 'No tienes permiso para esto.',
      unauthenticated: 'Tu sesión terminó. Entra de nuevo.',
      sign_in_failed: 'El correo o la contraseña no son correctos.',
      second_factor_wrong: 'El código no es correcto, ya se usó o es demasiado viejo.',
      sign_in_ended: 'Pasó demasiado tiempo. Entra de nuevo con tu contraseña.',
      two_factor_required: 'Activa primero el segundo factor en tu cuenta.',
      two_factor_enabled: 'Ya hay un segundo factor activo.',
      two_factor_missing: 'No hay un segundo factor activo.',
      too_many_attempts: 'Demasiados intentos. Espera unos minutos.',
      body_invalid: 'Hay datos que corregir.',
      seller_not_found: 'No hay tal vendedor, o no trabajas con él.',
      price_list_changed: 'Otra persona cambió los precios mientras tanto.',
      staff_exists: 'Esta persona ya es parte del personal.',
      last_owner: 'Tiene que quedar al menos una persona propietaria.',
      overloaded: 'Hay demasiado trabajo ahora mismo. Inténtalo en unos segundos.',
      unavailable: 'El servicio no está disponible ahora mismo. Inténtalo en unos segundos.',
    },
    fields: {
      missing: 'Esto hace falta.',
      wrong: 'Esto no es correcto.',
      malformed: 'Esto no tiene la forma correcta.',
      too_short: 'Esto es demasiado corto.',
      too_long: 'Esto es demasiado largo.',
      too_small: 'Este número es demasiado pequeño.',
      too_large: 'Este número es demasiado grande.',
      too_few: 'Faltan elementos en la lista.',
      too_many: 'Hay demasiados elementos en la lista.',
      not_allowed: 'Este valor no se admite.',
      duplicate: 'Hay un elemento repetido.',
      wrong_type: 'Esto no es del tipo correcto.',
    },
  },
  {
    network: 'The server cannot be reached. Nothing that you typed is lost.',
    server: 'Something failed on our side. Try again in a moment.',
    unknown: 'Something went wrong. Try again.',
    codes: {
      not_found: 'There is nothing here.',
      forbidden: 'You may not do this.',
      unauthenticated: 'Your session has ended. Sign in again.',
      sign_in_failed: 'The e-mail address or the password is wrong.',
      second_factor_wrong: 'The code is wrong, was used before, or is too old.',
      sign_in_ended: 'That took too long. Sign in with your password again.',
      two_factor_required: 'Set up a second factor in your account first.',
      two_factor_enabled: 'A second factor is set up already.',
      two_factor_missing: 'No second factor is set up.',
      too_many_attempts: 'Too many attempts. Wait a few minutes.',
      body_invalid: 'Some of the data needs correcting.',
      seller_not_found: 'There is no such seller, or you do not work there.',
      price_list_changed: 'Somebody else changed the prices meanwhile.',
      staff_exists: 'This person is staff already.',
      last_owner: 'At least one owner has to stay.',
      overloaded: 'Too busy right now. Try again in a few seconds.',
      unavailable: 'The service is not available right now. Try again in a few seconds.',
    },
    fields: {
      missing: 'This is needed.',
      wrong: 'This is not right.',
      malformed: 'This is not of the right form.',
      too_short: 'This is too short.',
      too_long: 'This is too long.',
      too_small: 'This number is too small.',
      too_large: 'This number is too large.',
      too_few: 'The list has too few entries.',
      too_many: 'The list has too many entries.',
      not_allowed: 'This value is not allowed.',
      duplicate: 'An entry is there twice.',
      wrong_type: 'This is of the wrong type.',
    },
  },
);
