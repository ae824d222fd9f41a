import { timestamp, timestampOrNull } from '../clock.ts';
import type { Asset, Deployment, DeploymentStatus, Release, Repository } from '../state.ts';
import type { World } from '../world.ts';
import { drawUser, nodeId, pageUrl, repositoryUrl, type Shape } from './basic.ts';

/** A draft has no tag yet, so GitHub gives its pages a made-up one. */
export function pageTag(release: Release): string {
  return release.draft ? `untagged-${release.id.toString(16)}` : release.tagName;
}

export function drawRelease(world: World, repository: Repository, release: Release): Shape {
  const url = `${repositoryUrl(world, repository)}/releases/${release.id}`;
  return {
    url,
    html_url: `${pageUrl(world, repository)}/releases/tag/${pageTag(release)}`,
    assets_url: `${url}/assets`,
    upload_url: `${world.origin}/uploads/repos/${repository.owner.login}/${repository.name}/releases/${release.id}/assets{?name,label}`,
    tarball_url: release.draft ? null : `${repositoryUrl(world, repository)}/tarball/${release.tagName}`,
    zipball_url: release.draft ? null : `${repositoryUrl(world, repository)}/zipball/${release.tagName}`,
    id: release.id,
    node_id: nodeId('Release', release.id),
    tag_name: release.tagName,
    target_commitish: release.target,
    name: release.name,
    body: release.body,
    draft: release.draft,
    prerelease: release.prerelease,
    immutable: release.immutable,
    created_at: timestamp(release.createdAt),
    updated_at: timestamp(release.updatedAt),
    published_at: timestampOrNull(release.publishedAt),
    author: drawUser(world, release.author),
    assets: release.assets.map((asset) => drawAsset(world, repository, release, asset)),
  };
}

export function drawAsset(world: World, repository: Repository, release: Release, asset: Asset): Shape {
  return {
    url: `${repositoryUrl(world, repository)}/releases/assets/${asset.id}`,
    browser_download_url: `${pageUrl(world, repository)}/releases/download/${pageTag(release)}/${encodeURIComponent(asset.name)}`,
    id: asset.id,
    node_id: nodeId('ReleaseAsset', asset.id),
    name: asset.name,
    label: asset.label,
    state: asset.state,
    content_type: asset.contentType,
    size: asset.bytes.length,
    digest: asset.digest,
    download_count: asset.downloads,
    created_at: timestamp(asset.createdAt),
    updated_at: timestamp(asset.updatedAt),
    uploader: drawUser(world, asset.uploader),
  };
}

export function drawDeployment(world: World, repository: Repository, deployment: Deployment): Shape {
  const url = `${repositoryUrl(world, repository)}/deployments/${deployment.id}`;
  return {
    url,
    id: deployment.id,
    node_id: nodeId('Deployment', deployment.id),
    sha: deployment.sha,
    ref: deployment.ref,
    task: deployment.task,
    payload: deployment.payload,
    original_environment: deployment.environment,
    environment: deployment.environment,
    description: deployment.description,
    creator: drawUser(world, deployment.creator),
    created_at: timestamp(deployment.createdAt),
    updated_at: timestamp(deployment.updatedAt),
    statuses_url: `${url}/statuses`,
    repository_url: repositoryUrl(world, repository),
    transient_environment: deployment.transient,
    production_environment: deployment.production,
  };
}

export function drawDeploymentStatus(
  world: World,
  repository: Repository,
  deployment: Deployment,
  status: DeploymentStatus,
): Shape {
  const url = `${repositoryUrl(world, repository)}/deployments/${deployment.id}`;
  return {
    url: `${url}/statuses/${status.id}`,
    id: status.id,
    node_id: nodeId('DeploymentStatus', status.id),
    state: status.state,
    creator: drawUser(world, status.creator),
    description: status.description,
    environment: deployment.environment,
    target_url: status.logUrl,
    log_url: status.logUrl,
    environment_url: status.environmentUrl,
    created_at: timestamp(status.createdAt),
    updated_at: timestamp(status.createdAt),
    deployment_url: url,
    repository_url: repositoryUrl(world, repository),
  };
}
