// Made by `npm run sync` from pipeline.schema.json: change that.

export type Text = string;
export type PipelineFileOut = Text | PipelineFileOutOptions;

/**
 * The part of dvc.yaml (dvc.org/doc/user-guide/project-structure/dvcyaml-files) that is read.
 */
export interface PipelineFile {
  /**
   * The stages by name.
   */
  stages: {
    [k: string]: PipelineFileStage | undefined;
  };
}
export interface PipelineFileStage {
  /**
   * One command line, or several that run one after another.
   */
  cmd: Text | [Text, ...Text[]];
  /**
   * The folder in which the commands run and from which paths are told, relative to the file's own.
   */
  wdir?: string;
  /**
   * Words for a reader.
   */
  desc?: string;
  /**
   * The files and folders that the stage reads.
   */
  deps?: Text[];
  /**
   * The parameters that the stage reads: keys of params.yaml, or of another file.
   */
  params?: (Text | PipelineFileParams)[];
  /**
   * The files and folders that the stage writes.
   */
  outs?: PipelineFileOut[];
  /**
   * Files with measured values that the stage writes: outs like any other here.
   */
  metrics?: PipelineFileOut[];
}
/**
 * File to keys; no keys means the whole file.
 */
export interface PipelineFileParams {
  [k: string]: [Text, ...Text[]] | null | undefined;
}
export interface PipelineFileOutOptions {
  [k: string]: PipelineFileOutOption | undefined;
}
export interface PipelineFileOutOption {
  /**
   * DVC's own business: nothing here depends on it.
   */
  cache?: boolean;
  /**
   * Words for a reader.
   */
  desc?: string;
}
