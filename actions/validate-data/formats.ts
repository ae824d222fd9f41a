const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const OCTET = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';

/**
 * The formats of ODCS strings as patterns of ECMA-262: `email` as in HTML (WHATWG, valid e-mail address), `uuid` RFC 9562,
 * `hostname` RFC 1123, `uri` a scheme and what RFC 3986 lets follow, `byte` base64 of RFC 4648. `stated` where no data can show it.
 */
export const FORMATS: Readonly<Record<string, string | undefined>> = {
  password: 'stated',
  binary: 'stated',
  byte: '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$',
  email: `^[a-zA-Z0-9.!#$%&'*+/=?^_\`{|}~-]+@${LABEL}(?:\\.${LABEL})*$`,
  uuid: '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$',
  uri: "^[a-zA-Z][a-zA-Z0-9+.-]*:(?:[a-zA-Z0-9._~:/?#\\[\\]@!$&'()*+,;=-]|%[0-9a-fA-F]{2})+$",
  hostname: `^${LABEL}(?:\\.${LABEL})*$`,
  ipv4: `^${OCTET}(?:\\.${OCTET}){3}$`,
};
