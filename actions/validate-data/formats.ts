const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const HEX = '[0-9a-fA-F]{1,4}';
const OCTET = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';

/** IPv6 as RFC 4291 section 2.2 writes it, an IPv4 address at its end and one `::` included; no zone. */
function ipv6(): string {
  const v4 = `${OCTET}(?:\\.${OCTET}){3}`;
  const tail = `(?:${HEX}:${HEX}|${v4})`;
  const forms = [`(?:${HEX}:){6}${tail}`, `::(?:${HEX}:){5}${tail}`];
  for (let before = 0; before <= 4; before++) {
    const head = before === 0 ? `(?:${HEX})?` : `(?:(?:${HEX}:){0,${before}}${HEX})?`;
    forms.push(`${head}::${4 - before === 0 ? '' : `(?:${HEX}:){${4 - before}}`}${tail}`);
  }
  forms.push(`(?:(?:${HEX}:){0,5}${HEX})?::${HEX}`, `(?:(?:${HEX}:){0,6}${HEX})?::`);
  return `^(?:${forms.join('|')})$`;
}

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
  ipv6: ipv6(),
  ipv4: `^${OCTET}(?:\\.${OCTET}){3}$`,
};
