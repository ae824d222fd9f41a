/** A control of a framework and the evidence in a dossier that speaks to it. */
export interface Control {
  readonly framework: string;
  readonly control: string;
  readonly supports: string;
  /** What the control also asks for and Greenlight does not know. */
  readonly beyond: string;
}

/**
 * Which evidence supports which control: Regulation (EU) 2024/1689 Annex IV, NIST AI 100-1 (AI RMF 1.0), ISO/IEC 42001:2023 Annex A,
 * Regulation (EU) 2016/679 (GDPR), 45 CFR 164 (HIPAA), Act 4 of 2013 (POPIA, South Africa).
 */
export const CONTROLS: readonly Control[] = [
  {
    framework: 'EU AI Act',
    control: 'Annex IV 2(b)–(d): design, training, data',
    supports: 'data digests, contracts, training commit and provenance of each release',
    beyond: 'the intended purpose, how the data were collected and labelled',
  },
  {
    framework: 'EU AI Act',
    control: 'Annex IV 2(g): validation and testing',
    supports: 'evaluation verdict and gates, on data named by digest',
    beyond: 'test reports signed by responsible persons',
  },
  {
    framework: 'EU AI Act',
    control: 'Annex IV 3: monitoring, functioning, control',
    supports: 'roll-out history, rejections and rollbacks, drift issues',
    beyond: 'foreseeable unintended outcomes, instructions for deployers',
  },
  {
    framework: 'EU AI Act',
    control: 'Annex IV 6: changes through the lifecycle',
    supports: 'the chained ledger, releases, retraining pull requests',
    beyond: 'changes outside this repository',
  },
  {
    framework: 'NIST AI RMF',
    control: 'GOVERN',
    supports: 'reviewers, approvals and merges of each roll-out',
    beyond: 'policies, roles and training of the organisation',
  },
  {
    framework: 'NIST AI RMF',
    control: 'MAP',
    supports: 'data contracts',
    beyond: 'context, purpose and people affected',
  },
  {
    framework: 'NIST AI RMF',
    control: 'MEASURE',
    supports: 'evaluation gates, drift issues',
    beyond: 'risks that no gate measures',
  },
  {
    framework: 'NIST AI RMF',
    control: 'MANAGE',
    supports: 'canary steps, rejections, rollbacks with reasons, retraining',
    beyond: 'incidents that no roll-out saw',
  },
  {
    framework: 'ISO/IEC 42001',
    control: 'A.6.2: life cycle of the AI system',
    supports: 'releases, verification, deployment and operation records',
    beyond: 'requirements and objectives of the system',
  },
  {
    framework: 'ISO/IEC 42001',
    control: 'A.7: data for AI systems',
    supports: 'data digests and contracts that were held',
    beyond: 'how the data were acquired',
  },
  {
    framework: 'GDPR',
    control: 'Art. 5(2) and 30: accountability, records',
    supports: 'which data trained which model that was live when',
    beyond: 'lawful basis, purposes, retention, rights of data subjects',
  },
  {
    framework: 'HIPAA',
    control: '45 CFR 164.312(b), (c): audit controls, integrity',
    supports: 'the chained ledger, digests from data to traffic',
    beyond: 'access to health information, de-identification, agreements',
  },
  {
    framework: 'POPIA',
    control: 'Sections 8, 16, 17: accountability, quality, documentation',
    supports: 'data contracts that were held, records of processing by models',
    beyond: 'purpose, consent and rights of data subjects',
  },
];
