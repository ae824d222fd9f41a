/** Starts an inference server over a folder of models; README.md documents its API. */
export function createServer(options: {
  /** The folder: `<name>/model.onnx` each. */
  readonly models: string;
  /** 0 (the default) takes a free one. */
  readonly port?: number;
  /** Called before each inference; what it throws is answered with 500. */
  readonly onInfer?: (served: string, router: string | undefined) => void;
}): Promise<{ readonly url: string; close(): Promise<void> }>;
