import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';

/** GitHub's OpenAPI 3.0.3 description (npm @octokit/openapi), and whether calls match it. */

interface Json {
  readonly [name: string]: unknown;
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema?: unknown;
}

interface OperationDescription {
  readonly operationId: string;
  readonly parameters?: readonly unknown[];
  readonly requestBody?: unknown;
  readonly responses: Readonly<Record<string, unknown>>;
}

interface Route {
  readonly method: string;
  readonly id: string;
  readonly pattern: RegExp;
  readonly names: readonly string[];
  /** Static characters: of several matches, the longest wins. */
  readonly weight: number;
  readonly description: OperationDescription;
}

export interface Match {
  readonly id: string;
  readonly params: Readonly<Record<string, string>>;
}

/** Answers that GitHub gives to any call without saying so at each. */
const COMMON = new Map([
  [401, '/basic-error'],
  [403, '/basic-error'],
  [404, '/basic-error'],
  [405, '/basic-error'],
  [409, '/basic-error'],
  [422, '/validation-error'],
  [429, '/basic-error'],
]);

/** Where GitHub answers otherwise than its description says, and which property is let through. */
const DEVIATIONS: Readonly<Record<string, (schema: Record<string, unknown>) => void>> = {
  // The description's own prose says that a failed upload leaves an asset of state `starter`.
  'release-asset': (schema) => {
    schema.properties = {
      ...(schema.properties as Json),
      state: { type: 'string', enum: ['uploaded', 'open', 'starter'] },
    };
  },
  // An address that was not given comes back as ''.
  'deployment-status': (schema) => {
    const text = { type: 'string' };
    schema.properties = {
      ...(schema.properties as Json),
      target_url: text,
      log_url: text,
      environment_url: text,
    };
  },
};

export class Description {
  readonly #document: Json;
  readonly #routes: readonly Route[];
  readonly #byId = new Map<string, OperationDescription>();
  readonly #bodies = formats.default(
    new Ajv({ strict: false, inlineRefs: false, formats: { 'repo.nwo': true } }),
  );
  readonly #parameters = formats.default(
    new Ajv({ strict: false, coerceTypes: 'array', useDefaults: true, formats: { 'repo.nwo': true } }),
  );
  readonly #added = new Set<string>();
  readonly #compiled = new Map<string, ValidateFunction | null>();

  constructor(document: Json) {
    this.#document = document;
    this.#routes = routes(document).sort((a, b) => b.weight - a.weight);
    for (const route of this.#routes) this.#byId.set(route.id, route.description);
  }

  /** The operation that a method and path (without query) name. */
  find(method: string, pathname: string): Match | null {
    for (const route of this.#routes) {
      if (route.method !== method) continue;
      const found = route.pattern.exec(pathname);
      if (found === null) continue;
      const values = route.names.map(
        (name, index) => [name, decodeURIComponent(found[index + 1] ?? '')] as const,
      );
      return { id: route.id, params: Object.fromEntries(values) };
    }
    return null;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** Parses and checks the query; the second part says what is wrong. */
  query(id: string, search: URLSearchParams): readonly [Json, string | null] {
    const described = (this.#operation(id).parameters ?? [])
      .map((parameter) => this.#resolve(parameter) as unknown as Parameter)
      .filter((parameter) => parameter.in === 'query');
    const values: Record<string, unknown> = Object.fromEntries(search);
    const unknown = Object.keys(values).find(
      (name) => !described.some((parameter) => parameter.name === name),
    );
    if (unknown !== undefined) return [values, `query parameter ${unknown} is not in GitHub's description`];
    const validate = this.#compile(`${id} query`, this.#parameters, () => ({
      type: 'object',
      properties: Object.fromEntries(
        described.map((parameter) => [parameter.name, this.#convert(parameter.schema ?? {}, true)]),
      ),
      required: described.filter((parameter) => parameter.required).map((parameter) => parameter.name),
    }));
    return [values, validate?.(values) === false ? complaint('query', validate) : null];
  }

  /** What is wrong with a request's JSON body; null where nothing is. */
  request(id: string, body: unknown): string | null {
    const operation = this.#operation(id);
    const described = operation.requestBody === undefined ? null : this.#resolve(operation.requestBody);
    const schema = this.#schemaOf(described, 'application/json');
    if (body === undefined)
      return described?.required === true && schema !== null ? 'the request has no body' : null;
    if (described === null) return 'the request has a body, which GitHub does not describe';
    if (schema === null) return null;
    const validate = this.#compile(`${id} body`, this.#bodies, () => this.#convert(schema, false));
    if (validate?.(body) === false) return complaint('body', validate);
    return unknownProperty(this.#resolve(schema), body);
  }

  /** What is wrong with an answer; null where nothing is. */
  response(id: string, status: number, body: unknown, type: string): string | null {
    const described = this.#operation(id).responses[String(status)];
    const common = COMMON.get(status);
    if (described === undefined && common === undefined)
      return `answer ${status} is not in GitHub's description`;
    const response = described === undefined ? null : this.#resolve(described);
    const schema =
      this.#schemaOf(response, type) ??
      (status >= 400 && common !== undefined ? { $ref: `#/components/schemas${common}` } : null);
    if (schema === null)
      return body === undefined || typeof body === 'string'
        ? null
        : `answer ${status} has a body, which GitHub does not describe`;
    if (body === undefined) return `answer ${status} lacks its body`;
    const validate = this.#compile(`${id} ${status} ${type}`, this.#bodies, () =>
      this.#convert(schema, false),
    );
    return validate?.(body) === false ? complaint(`answer ${status}`, validate) : null;
  }

  #operation(id: string): OperationDescription {
    const operation = this.#byId.get(id);
    if (operation === undefined) throw new Error(`${id} is not in GitHub's description`);
    return operation;
  }

  #resolve(value: unknown): Json {
    const reference = (value as Json).$ref;
    if (typeof reference !== 'string') return value as Json;
    let found: unknown = this.#document;
    for (const part of reference.slice(2).split('/')) found = (found as Json)[part];
    return this.#resolve(found);
  }

  #schemaOf(described: Json | null, type: string): unknown {
    const content = described?.content as Readonly<Record<string, Json>> | undefined;
    return content?.[type]?.schema ?? null;
  }

  #compile(key: string, ajv: Ajv, schema: () => unknown): ValidateFunction | null {
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const validate = ajv.compile(schema() as Json);
    this.#compiled.set(key, validate);
    return validate;
  }

  /** An OpenAPI 3.0 schema as JSON Schema: `nullable` becomes a type, references become ajv's, annotations go. */
  #convert(value: unknown, inline: boolean): unknown {
    const schema = value as Json;
    if (typeof schema.$ref === 'string') {
      if (inline) return this.#convert(this.#resolve(schema), true);
      return this.#reference(schema.$ref.slice('#/components/schemas/'.length));
    }
    const converted: Record<string, unknown> = {};
    for (const [keyword, content] of Object.entries(schema)) {
      if (DROPPED.has(keyword) || keyword.startsWith('x-')) continue;
      if (keyword === 'properties') {
        converted.properties = Object.fromEntries(
          Object.entries(content as Json).map(([name, each]) => [name, this.#convert(each, inline)]),
        );
      } else if (keyword === 'allOf' || keyword === 'anyOf' || keyword === 'oneOf') {
        converted[keyword] = (content as unknown[]).map((each) => this.#convert(each, inline));
      } else if (
        keyword === 'items' ||
        keyword === 'not' ||
        (keyword === 'additionalProperties' && typeof content === 'object')
      ) {
        converted[keyword] = this.#convert(content, inline);
      } else converted[keyword] = content;
    }
    return schema.nullable === true ? { anyOf: [converted, { type: 'null' }] } : converted;
  }

  #reference(name: string): Json {
    if (!this.#added.has(name)) {
      this.#added.add(name);
      const converted = this.#convert(
        this.#resolve({ $ref: `#/components/schemas/${name}` }),
        false,
      ) as Record<string, unknown>;
      DEVIATIONS[name]?.(converted);
      this.#bodies.addSchema(converted, `/${name}`);
    }
    return { $ref: `/${name}` };
  }
}

const DROPPED = new Set([
  'description',
  'title',
  'example',
  'examples',
  'nullable',
  'deprecated',
  'discriminator',
  'externalDocs',
  'readOnly',
  'writeOnly',
  'xml',
]);

let description: Description | undefined;

/** GitHub's description, parsed once per process (about 0.2 s; operations are compiled when first used). */
export function githubDescription(): Description {
  if (description === undefined) {
    const file = createRequire(import.meta.url).resolve('@octokit/openapi/generated/api.github.com.json');
    description = new Description(JSON.parse(readFileSync(file, 'utf8')) as Json);
  }
  return description;
}

/** Parameters whose values hold slashes, sent raw by some clients and encoded by others. */
const MULTI_SEGMENT = new Set(['ref', 'path', 'basehead', 'branch', 'tag']);
const METHODS = new Set(['get', 'put', 'post', 'patch', 'delete']);

function routes(document: Json): Route[] {
  const found: Route[] = [];
  for (const [template, item] of Object.entries(document.paths as Json)) {
    // Said twice: the `{basehead}` form stands for both.
    if (template.includes('...')) continue;
    const names: string[] = [];
    const pattern = template.replace(/[.+]/g, '\\$&').replace(/\{([^}]+)\}/g, (_, name: string) => {
      names.push(name);
      return MULTI_SEGMENT.has(name) ? '(.+)' : '([^/]+)';
    });
    const weight = template.replace(/\{[^}]+\}/g, '').length;
    for (const [method, described] of Object.entries(item as Json)) {
      if (!METHODS.has(method)) continue;
      const operation = described as OperationDescription;
      found.push({
        method: method.toUpperCase(),
        id: operation.operationId,
        pattern: new RegExp(`^${pattern}$`),
        names,
        weight,
        description: operation,
      });
    }
  }
  return found;
}

function complaint(what: string, validate: ValidateFunction): string {
  const error = validate.errors?.[0];
  const more = validate.errors?.slice(1, 3).map((each) => `${each.instancePath} ${each.message}`) ?? [];
  return `${what}${error?.instancePath ?? ''} ${error?.message} ${JSON.stringify(error?.params)}${more.length > 0 ? ` (${more.join('; ')})` : ''}`;
}

/** A misspelt property would be ignored by GitHub and by its description alike; here it is a mistake. */
function unknownProperty(schema: Json, body: unknown): string | null {
  const open =
    ['oneOf', 'anyOf', 'allOf'].some((keyword) => keyword in schema) || schema.properties === undefined;
  if (open || schema.additionalProperties !== undefined || typeof body !== 'object' || body === null)
    return null;
  const unknown = Object.keys(body).find((name) => !(name in (schema.properties as Json)));
  return unknown === undefined ? null : `body property ${unknown} is not in GitHub's description`;
}
