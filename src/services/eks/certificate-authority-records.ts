// What EKS remembers of a cluster's certificate authorities once a successor has been made. Times are epoch milliseconds.
import type {
  CertificateAuthorityActivatedBy,
  CertificateAuthorityCreatedBy,
  CertificateAuthorityDistributionStatus,
  CertificateAuthoritySigningStatus,
} from "@aws-sdk/client-eks";

/** A certificate authority of a cluster. Keyed by its id. */
export interface CertificateAuthorityRecord {
  readonly id: string;
  /** The one the cluster was made with. */
  readonly first: boolean;
  readonly createdAt: number;
  readonly createdBy: CertificateAuthorityCreatedBy;
  readonly activatedAt?: number;
  readonly activatedBy?: CertificateAuthorityActivatedBy;
  readonly signingStatus: CertificateAuthoritySigningStatus;
  readonly distributionStatus: CertificateAuthorityDistributionStatus;
  /** Base64 of PEM; not before it is distributed. */
  readonly data?: string;
  /** Until when an authority that has signed may take over again. */
  readonly rollbackUntil?: number;
}
