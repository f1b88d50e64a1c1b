// What the custom resources of add-ons are called (the projects' own API references).

type Row = readonly [kind: string, version: string, scope: "Cluster" | "Namespaced"];

/** By the definition's name. */
export const BUNDLE_CRDS: Readonly<Record<string, Row>> = {
  "amazoncloudwatchagents.cloudwatch.aws.amazon.com": ["AmazonCloudWatchAgent", "v1alpha1", "Namespaced"],
  "awspcaclusterissuers.awspca.cert-manager.io": ["AWSPCAClusterIssuer", "v1beta1", "Cluster"],
  "awspcaissuers.awspca.cert-manager.io": ["AWSPCAIssuer", "v1beta1", "Namespaced"],
  "certificaterequests.cert-manager.io": ["CertificateRequest", "v1", "Namespaced"],
  "certificates.cert-manager.io": ["Certificate", "v1", "Namespaced"],
  "challenges.acme.cert-manager.io": ["Challenge", "v1", "Namespaced"],
  "clusterissuers.cert-manager.io": ["ClusterIssuer", "v1", "Cluster"],
  "clusterqueues.kueue.x-k8s.io": ["ClusterQueue", "v1beta1", "Cluster"],
  "dcgmexporters.cloudwatch.aws.amazon.com": ["DcgmExporter", "v1alpha1", "Namespaced"],
  "hyperpodpytorchjobs.sagemaker.amazonaws.com": ["HyperPodPyTorchJob", "v1", "Namespaced"],
  "instrumentations.cloudwatch.aws.amazon.com": ["Instrumentation", "v1alpha1", "Namespaced"],
  "instrumentations.opentelemetry.io": ["Instrumentation", "v1alpha1", "Namespaced"],
  "issuers.cert-manager.io": ["Issuer", "v1", "Namespaced"],
  "localqueues.kueue.x-k8s.io": ["LocalQueue", "v1beta1", "Namespaced"],
  "mountpoints3podattachments.s3.csi.aws.com": ["MountpointS3PodAttachment", "v2", "Cluster"],
  "neuronmonitors.cloudwatch.aws.amazon.com": ["NeuronMonitor", "v1alpha1", "Namespaced"],
  "nodediagnostics.eks.amazonaws.com": ["NodeDiagnostic", "v1alpha1", "Cluster"],
  "opentelemetrycollectors.opentelemetry.io": ["OpenTelemetryCollector", "v1beta1", "Namespaced"],
  "orders.acme.cert-manager.io": ["Order", "v1", "Namespaced"],
  "resourceflavors.kueue.x-k8s.io": ["ResourceFlavor", "v1beta1", "Cluster"],
  "topologies.kueue.x-k8s.io": ["Topology", "v1alpha1", "Cluster"],
  "volumesnapshotclasses.snapshot.storage.k8s.io": ["VolumeSnapshotClass", "v1", "Cluster"],
  "volumesnapshotcontents.snapshot.storage.k8s.io": ["VolumeSnapshotContent", "v1", "Cluster"],
  "volumesnapshots.snapshot.storage.k8s.io": ["VolumeSnapshot", "v1", "Namespaced"],
  "workloadpriorityclasses.kueue.x-k8s.io": ["WorkloadPriorityClass", "v1beta1", "Cluster"],
  "workloads.kueue.x-k8s.io": ["Workload", "v1beta1", "Namespaced"],
};
