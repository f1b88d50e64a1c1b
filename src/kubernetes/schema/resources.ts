// The built-in resources, one line each: names, scope and subresources as Kubernetes' discovery documents show them.
//
//   kind plural scope [short=a,b] [cat=a,b] [sub=name,name] [verbs=…] [from=minor] [to=minor] [store=group/version]
//
// scope: ns or cluster. from/to: the first and last Kubernetes 1.x minor that serves it, of those EKS offers (1.29 on).

/** Lines by group and version. */
export const resourceLines: Readonly<Record<string, string>> = {
  v1: `
    Binding bindings ns verbs=create
    ComponentStatus componentstatuses cluster short=cs verbs=get,list virtual
    ConfigMap configmaps ns short=cm
    Endpoints endpoints ns short=ep singular=endpoints
    Event events ns short=ev
    LimitRange limitranges ns short=limits
    Namespace namespaces cluster short=ns sub=finalize,status verbs=create,delete,get,list,patch,update,watch
    Node nodes cluster short=no sub=proxy,status
    PersistentVolumeClaim persistentvolumeclaims ns short=pvc sub=status
    PersistentVolume persistentvolumes cluster short=pv sub=status
    Pod pods ns short=po cat=all sub=attach,binding,ephemeralcontainers,eviction,exec,log,portforward,proxy,resize>=33,status
    PodTemplate podtemplates ns
    ReplicationController replicationcontrollers ns short=rc cat=all sub=scale,status
    ResourceQuota resourcequotas ns short=quota sub=status
    Secret secrets ns
    ServiceAccount serviceaccounts ns short=sa sub=token
    Service services ns short=svc cat=all sub=proxy,status`,
  "apiregistration.k8s.io/v1": `
    APIService apiservices cluster cat=api-extensions sub=status`,
  "apps/v1": `
    ControllerRevision controllerrevisions ns
    DaemonSet daemonsets ns short=ds cat=all sub=status
    Deployment deployments ns short=deploy cat=all sub=scale,status
    ReplicaSet replicasets ns short=rs cat=all sub=scale,status
    StatefulSet statefulsets ns short=sts cat=all sub=scale,status`,
  "events.k8s.io/v1": `
    Event events ns short=ev store=v1`,
  "authentication.k8s.io/v1": `
    SelfSubjectReview selfsubjectreviews cluster verbs=create virtual
    TokenReview tokenreviews cluster verbs=create virtual`,
  "authorization.k8s.io/v1": `
    LocalSubjectAccessReview localsubjectaccessreviews ns verbs=create virtual
    SelfSubjectAccessReview selfsubjectaccessreviews cluster verbs=create virtual
    SelfSubjectRulesReview selfsubjectrulesreviews cluster verbs=create virtual
    SubjectAccessReview subjectaccessreviews cluster verbs=create virtual`,
  "autoscaling/v2": `
    HorizontalPodAutoscaler horizontalpodautoscalers ns short=hpa cat=all sub=status`,
  "autoscaling/v1": `
    HorizontalPodAutoscaler horizontalpodautoscalers ns short=hpa cat=all sub=status store=autoscaling/v2`,
  "batch/v1": `
    CronJob cronjobs ns short=cj cat=all sub=status
    Job jobs ns cat=all sub=status`,
  "certificates.k8s.io/v1": `
    CertificateSigningRequest certificatesigningrequests cluster short=csr sub=approval,status`,
  "networking.k8s.io/v1": `
    IngressClass ingressclasses cluster
    Ingress ingresses ns short=ing sub=status
    IPAddress ipaddresses cluster short=ip from=33
    NetworkPolicy networkpolicies ns short=netpol
    ServiceCIDR servicecidrs cluster from=33 sub=status`,
  "policy/v1": `
    PodDisruptionBudget poddisruptionbudgets ns short=pdb sub=status`,
  "rbac.authorization.k8s.io/v1": `
    ClusterRoleBinding clusterrolebindings cluster
    ClusterRole clusterroles cluster
    RoleBinding rolebindings ns
    Role roles ns`,
  "storage.k8s.io/v1": `
    CSIDriver csidrivers cluster
    CSINode csinodes cluster
    CSIStorageCapacity csistoragecapacities ns
    StorageClass storageclasses cluster short=sc
    VolumeAttachment volumeattachments cluster sub=status
    VolumeAttributesClass volumeattributesclasses cluster short=vac from=34`,
  "admissionregistration.k8s.io/v1": `
    MutatingAdmissionPolicy mutatingadmissionpolicies cluster cat=api-extensions from=36
    MutatingAdmissionPolicyBinding mutatingadmissionpolicybindings cluster cat=api-extensions from=36
    MutatingWebhookConfiguration mutatingwebhookconfigurations cluster cat=api-extensions
    ValidatingAdmissionPolicy validatingadmissionpolicies cluster cat=api-extensions from=30 sub=status
    ValidatingAdmissionPolicyBinding validatingadmissionpolicybindings cluster cat=api-extensions from=30
    ValidatingWebhookConfiguration validatingwebhookconfigurations cluster cat=api-extensions`,
  "apiextensions.k8s.io/v1": `
    CustomResourceDefinition customresourcedefinitions cluster short=crd,crds cat=api-extensions sub=status`,
  "scheduling.k8s.io/v1": `
    PriorityClass priorityclasses cluster short=pc`,
  "coordination.k8s.io/v1": `
    Lease leases ns`,
  "node.k8s.io/v1": `
    RuntimeClass runtimeclasses cluster`,
  "discovery.k8s.io/v1": `
    EndpointSlice endpointslices ns`,
  "flowcontrol.apiserver.k8s.io/v1": `
    FlowSchema flowschemas cluster sub=status
    PriorityLevelConfiguration prioritylevelconfigurations cluster sub=status`,
  "flowcontrol.apiserver.k8s.io/v1beta3": `
    FlowSchema flowschemas cluster sub=status to=31 store=flowcontrol.apiserver.k8s.io/v1
    PriorityLevelConfiguration prioritylevelconfigurations cluster sub=status to=31 store=flowcontrol.apiserver.k8s.io/v1`,
  "resource.k8s.io/v1": `
    DeviceClass deviceclasses cluster from=34
    ResourceClaim resourceclaims ns from=34 sub=status
    ResourceClaimTemplate resourceclaimtemplates ns from=34
    ResourceSlice resourceslices cluster from=34`,
};

/**
 * Priorities of the built-in groups and versions, as their APIService objects carry them. Discovery lists groups by falling
 * groupPriorityMinimum, then name; versions by falling versionPriority.
 */
export const priorities: Readonly<Record<string, readonly [group: number, version: number]>> = {
  v1: [18000, 1],
  "apiregistration.k8s.io/v1": [18000, 15],
  "apps/v1": [17800, 15],
  "events.k8s.io/v1": [17750, 15],
  "authentication.k8s.io/v1": [17700, 15],
  "authorization.k8s.io/v1": [17600, 15],
  "autoscaling/v1": [17500, 15],
  "autoscaling/v2": [17500, 30],
  "batch/v1": [17400, 15],
  "certificates.k8s.io/v1": [17300, 15],
  "networking.k8s.io/v1": [17200, 15],
  "policy/v1": [17100, 15],
  "rbac.authorization.k8s.io/v1": [17000, 15],
  "storage.k8s.io/v1": [16800, 15],
  "apiextensions.k8s.io/v1": [16700, 15],
  "admissionregistration.k8s.io/v1": [16700, 15],
  "scheduling.k8s.io/v1": [16600, 15],
  "coordination.k8s.io/v1": [16500, 15],
  "node.k8s.io/v1": [16300, 15],
  "discovery.k8s.io/v1": [16200, 15],
  "flowcontrol.apiserver.k8s.io/v1": [16100, 21],
  "flowcontrol.apiserver.k8s.io/v1beta3": [16100, 18],
  "resource.k8s.io/v1": [15900, 15],
};

/** Priorities that the API server gives the groups of custom resources. */
export const customPriority: readonly [group: number, version: number] = [1000, 100];
