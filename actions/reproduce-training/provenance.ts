import { LOCK_FILE, type LockFile, type LockModel } from '../../core/formats/lock.ts';
import {
  PREDICATES,
  type ResourceDescriptor,
  resource,
  type Statement,
  statement,
} from '../../core/formats/statement.ts';

/** What a training started from, besides what the lock keeps. */
export interface Origin {
  readonly commit: string;
  readonly pipeline: string;
  /** Digests of the pipeline's file and of the lock that the outcome equals. */
  readonly pipelineSha256: string;
  readonly lockSha256: string;
  /** Files of the working tree that were laid over the commit, by digest; a file taken away has none. */
  readonly changes: readonly { readonly path: string; readonly sha256: string | undefined }[];
}

/**
 * SLSA provenance v1 (slsa.dev/spec/v1.0/provenance) of a trained model: the commit and the model's name from outside, the
 * environment from inside, and everything that was read, by digest. A function of its inputs alone: no clock, run or host.
 */
export function provenance(name: string, trained: LockModel, origin: Origin): Statement {
  const removed = origin.changes.filter(({ sha256 }) => sha256 === undefined).map(({ path }) => path);
  return statement([resource(name, trained.model.sha256)], PREDICATES.training, {
    buildDefinition: {
      buildType: 'urn:greenlight:build:pipeline:v1',
      externalParameters: {
        commit: origin.commit,
        model: name,
        pipeline: origin.pipeline,
        stages: trained.stages.map(({ name: stage, cmd, params }) => ({ name: stage, cmd, params })),
        ...(removed.length === 0 ? {} : { removed }),
      },
      internalParameters: { environment: trained.environment },
      resolvedDependencies: dependencies(trained, origin),
    },
    runDetails: { builder: { id: 'urn:greenlight:builder' } },
  });
}

function dependencies(trained: LockModel, origin: Origin): ResourceDescriptor[] {
  const data = Object.values(trained.data).filter((file): file is LockFile => file !== undefined);
  return [
    { name: 'commit', digest: { gitCommit: origin.commit } },
    resource(LOCK_FILE, origin.lockSha256),
    resource(origin.pipeline, origin.pipelineSha256),
    ...data.map(({ path, sha256 }) => resource(path, sha256)),
    ...origin.changes.flatMap(({ path, sha256 }) => (sha256 === undefined ? [] : [resource(path, sha256)])),
  ];
}
