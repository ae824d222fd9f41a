import http from 'node:http';
import { parseArgs } from 'node:util';
import { Metrics } from './metrics.mjs';
import { Models, RequestError } from './models.mjs';
import { Routers } from './routers.mjs';

const MAX_BODY = 8 << 20;
/** A model's or router's name; it is a folder's name too. */
const NAME = '([A-Za-z0-9][A-Za-z0-9._-]*)';

/**
 * Starts an inference server over a folder of models. README.md documents its API.
 *
 * @param {object} options
 * @param {string} options.models the folder: `<name>/model.onnx` each
 * @param {number} [options.port] 0 (the default) takes a free one
 * @param {(served: string, router: string | undefined) => void} [options.onInfer] called before each inference; what it throws
 *   is answered with 500
 * @returns {Promise<{ url: string, close(): Promise<void> }>}
 */
export async function createServer({ models: folder, port = 0, onInfer }) {
  const models = new Models(folder);
  const routers = new Routers(folder);
  const metrics = new Metrics();
  await routers.restore();
  for (const { name } of await models.index()) await models.load(name).catch(() => {});

  async function infer(name, request) {
    const router = routers.has(name) ? name : undefined;
    const served = router === undefined ? name : routers.next(router);
    const begun = performance.now();
    let failed = false;
    try {
      onInfer?.(served, router);
      return await models.infer(served, request);
    } catch (error) {
      failed = !(error instanceof RequestError) || error.status >= 500;
      // A router's model that is not there is the server's fault.
      if (router !== undefined && error.status === 404) failed = true;
      throw failed ? new RequestError(500, error.message) : error;
    } finally {
      metrics.observe(router ?? '', served, failed, (performance.now() - begun) / 1000);
    }
  }

  const routes = [
    [
      'GET',
      '/v2',
      () => ({ name: 'greenlight-serving-example', version: '1', extensions: ['model_repository'] }),
    ],
    ['GET', '/v2/health/live', () => ({ live: true })],
    ['GET', '/v2/health/ready', () => ({ ready: true })],
    ['GET', `/v2/models/${NAME}`, (name) => models.metadata(name)],
    ['GET', `/v2/models/${NAME}/ready`, (name) => ({ name: models.metadata(name).name, ready: true })],
    ['POST', `/v2/models/${NAME}/infer`, infer],
    ['POST', '/v2/repository/index', () => models.index()],
    ['POST', `/v2/repository/models/${NAME}/load`, (name) => models.load(name)],
    ['POST', `/v2/repository/models/${NAME}/unload`, (name) => models.unload(name)],
    ['GET', `/router/${NAME}`, (name) => routers.get(name)],
    ['PUT', `/router/${NAME}`, (name, body) => routers.put(name, body, (served) => models.isReady(served))],
    ['GET', '/metrics', () => metrics.text()],
  ].map(([method, path, handle]) => ({ method, path: new RegExp(`^${path}$`), handle }));

  const server = http.createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    try {
      const matching = routes.filter((route) => route.path.test(pathname));
      const route = matching.find(({ method }) => method === request.method);
      if (route === undefined)
        throw new RequestError(
          matching.length > 0 ? 405 : 404,
          `${request.method} ${pathname} is not served`,
        );
      const [, name] = route.path.exec(pathname);
      const body = request.method === 'GET' ? undefined : await readJson(request);
      answer(response, 200, await route.handle(name ?? body, body));
    } catch (error) {
      answer(response, error instanceof RequestError ? error.status : 500, { error: error.message });
    }
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

async function readJson(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY) throw new RequestError(413, `a body may have ${MAX_BODY} bytes`);
    chunks.push(chunk);
  }
  if (size === 0) return {};
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new RequestError(400, 'the body is not JSON');
  }
}

function answer(response, status, body) {
  const isText = typeof body === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/plain; version=0.0.4' : 'application/json' });
  response.end(isText ? body : JSON.stringify(body ?? {}));
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { models: { type: 'string' }, port: { type: 'string', default: '8080' } },
  });
  if (values.models === undefined) {
    console.error('usage: node server.mjs --models DIR [--port N]');
    process.exit(2);
  }
  const { url } = await createServer({ models: values.models, port: Number(values.port) });
  console.log(`serving ${values.models} at ${url}`);
}
