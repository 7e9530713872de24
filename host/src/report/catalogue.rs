//! The catalogue of errors: every code that a user can meet, in this one file.

/// Declares [`Code`] from a table, so that a code cannot be without its action.
macro_rules! catalogue {
    ($( $(#[$doc:meta])* $code:ident { action: $action:literal, retryable: $retryable:literal, user_error: $user:literal } )*) => {
        /// A stable name for a kind of problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $( $(#[$doc])* $code, )* }

        impl Code {
            /// All codes, in the order of this file.
            pub const ALL: &[Code] = &[ $( Code::$code, )* ];

            /// The stable name, as scripts see it.
            pub const fn name(self) -> &'static str {
                match self { $( Code::$code => stringify!($code), )* }
            }

            /// What to do about it.
            pub const fn action(self) -> &'static str {
                match self { $( Code::$code => $action, )* }
            }

            /// Whether the same call may succeed later without a change.
            pub const fn retryable(self) -> bool {
                match self { $( Code::$code => $retryable, )* }
            }

            /// Whether the cause lies in what the user gave, rather than in the environment or in us.
            pub const fn user_error(self) -> bool {
                match self { $( Code::$code => $user, )* }
            }
        }
    };
}

catalogue! {
    /// An option, a configuration value or an argument is wrong.
    InvalidArgument { action: "Correct the value; `lazarette COMMAND --help` shows what is accepted.", retryable: false, user_error: true }
    /// The folder, file or backup that was named is not there.
    NotFound { action: "Check the spelling and that it is where you think; `lazarette backup list` shows the backups of a store.", retryable: false, user_error: true }
    /// Something of that name exists already.
    AlreadyExists { action: "Choose another name, or delete the existing one first.", retryable: false, user_error: true }
    /// A file could not be read or written.
    FileAccess { action: "Check permissions, free space and the path.", retryable: true, user_error: false }
    /// A YAML or JSON file does not parse, or is not what it should be.
    InvalidDocument { action: "Correct the file at the line named.", retryable: false, user_error: true }

    /// Two manifests define one object.
    DuplicateObject { action: "Remove one of the two definitions.", retryable: false, user_error: true }
    /// An object was to be created in a namespace that is not there.
    NamespaceNotFound { action: "Restore the namespace as well, or create it first.", retryable: false, user_error: true }
    /// The cluster does not serve this resource type.
    UnknownResourceType { action: "Restore the custom resource definition as well, or leave this type out with --exclude-resources.", retryable: false, user_error: true }
    /// The cluster serves this resource type, but not in the version of the backup.
    ApiVersionNotServed { action: "Write the objects in a version that the cluster serves with a resource modifier that replaces /apiVersion and what has changed, or leave this type out with --exclude-resources.", retryable: false, user_error: true }
    /// An object has changed between reading and writing it.
    Conflict { action: "Run the command again.", retryable: true, user_error: false }
    /// The cluster refused an object.
    Rejected { action: "Change the object with a resource modifier so that the cluster accepts it.", retryable: false, user_error: true }
    /// A webhook that has a say in an object could not be called.
    WebhookUnreachable { action: "Let the webhook's pods start, or delete its configuration while you restore (the message names it): `kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations`. Then run the command again.", retryable: true, user_error: false }
    /// Fields of an object have values that the cluster does not accept, or that cannot be changed.
    InvalidObject { action: "Change the fields named with a resource modifier so that the cluster accepts the object.", retryable: false, user_error: true }
    /// The namespace of an object is being deleted.
    NamespaceTerminating { action: "Wait until the namespace is gone, and run the command again; `kubectl get namespace NAME -o yaml` shows what keeps it.", retryable: true, user_error: false }
    /// An object was deleted, and something keeps it.
    NotGone { action: "Find out why its finalizers are not removed: the controller that does that may be gone. Then run the command again.", retryable: true, user_error: false }
    /// The user has no right to do something in the cluster.
    Forbidden { action: "Have a role with that verb on that resource bound to the user named, or leave the type out with --exclude-resources.", retryable: false, user_error: true }
    /// The cluster does not know the user.
    Unauthorized { action: "Log in again, or correct the user's credentials in the kubeconfig; `kubectl auth whoami` tries them.", retryable: false, user_error: true }
    /// The credentials for a cluster could not be had.
    Credentials { action: "Install or mend what the message names; the kubeconfig's `users` section says how the credentials are to be had.", retryable: false, user_error: true }
    /// A cluster did not answer.
    ClusterUnreachable { action: "Check the address in the kubeconfig, the network and that the cluster runs; `kubectl version` tries the same. Then run the command again.", retryable: true, user_error: false }
    /// A cluster could not do something now, and had not recovered after several attempts.
    ClusterBusy { action: "Run the command again when the API server has recovered.", retryable: true, user_error: false }
    /// A list took too long, and could not be continued.
    ListExpired { action: "Run the command again.", retryable: true, user_error: false }
    /// A list took so long that the rest of it is of a later moment than its beginning.
    ListContinued { action: "Nothing is to be done: no object is lost or twice. For a state of one moment, back up when the API server has less to do.", retryable: false, user_error: false }
    /// Something that an object in the backup needs is not in it.
    NeedLeftOut { action: "Take it along by changing the filter or its label, if it is needed.", retryable: false, user_error: true }
    /// A cluster gave an answer that cannot be understood.
    ClusterAnswer { action: "Check that the address in the kubeconfig is that of a Kubernetes API server, and that no proxy changes its answers.", retryable: false, user_error: false }
    /// Something of the cluster could not be looked at, and is not in the backup.
    NotListed { action: "Nothing is to be done where this was meant to stay out; otherwise mend what the message names, and run the command again.", retryable: true, user_error: false }

    /// A file of a backup is damaged, or does not fit the others.
    DamagedBackup { action: "Restore from another backup or a copy; `lazarette backup verify` lists all that is damaged, --skip-damaged restores the rest.", retryable: false, user_error: false }
    /// A backup that was not finished: it has a claim, and no manifest.
    IncompleteBackup { action: "If its writer is gone, remove the remains with `lazarette store cleanup`.", retryable: false, user_error: false }
    /// A file that should be a backup is none that we can read.
    NotABackup { action: "Check that the store and the name are those of a backup that Lazarette or Velero wrote.", retryable: false, user_error: true }

    /// A backup is encrypted, and no private key at hand decrypts it.
    EncryptedBackup { action: "Name the file with the private key with --identity, or `identity` in the configuration file.", retryable: false, user_error: true }
    /// A backup does not have the signature of a key that is trusted.
    UntrustedBackup { action: "Use a backup that was signed; whoever wants this one all the same takes the trusted key out of the configuration.", retryable: false, user_error: true }

    /// No connection to the store can be made.
    StoreUnreachable { action: "Check the address, and the network, name resolution, proxy and firewall on the way to it; `lazarette store check` tries again.", retryable: true, user_error: false }
    /// The store, or the connection to it, failed again and again.
    StoreUnavailable { action: "Run the command again later; if it stays, look at the health of the storage account and at its limits.", retryable: true, user_error: false }
    /// The store refused a request for a reason of its own.
    StoreRefused { action: "Follow the store's message; `lazarette store check` tries every kind of request.", retryable: false, user_error: true }
    /// There is no such container.
    StoreContainerMissing { action: "Correct the container in the address of the store, or create it.", retryable: false, user_error: true }
    /// No identity can be had to use the store with.
    StoreIdentity { action: "Choose another identity with --store-credential, or mend this one as the message says.", retryable: false, user_error: true }
    /// The store does not know the identity or the signature that was used.
    StoreCredentialRefused { action: "Check that the credential is for this account and tenant, and was copied whole; `lazarette store check` shows which one is used.", retryable: false, user_error: true }
    /// The signature that was used does not hold now.
    StoreCredentialExpired { action: "Make a new shared access signature and give it in AZURE_STORAGE_SAS_TOKEN or the file named.", retryable: false, user_error: true }
    /// The identity may not do this.
    StoreRoleMissing { action: "Assign the role or permission that the message names; a new assignment holds after some minutes.", retryable: false, user_error: true }
    /// The account does not take requests from here.
    StoreNetworkRules { action: "Allow this machine's network in the firewall of the storage account, or use its private endpoint; a shared access signature must allow the service and kind of resource too.", retryable: false, user_error: true }
    /// The clock of this machine is wrong.
    ClockSkew { action: "Set the clock of this machine, best with NTP, and run the command again.", retryable: false, user_error: true }
    /// A policy of the store keeps a file as it is.
    Immutable { action: "Wait until the time named; nobody can shorten it. A hold can be taken away by the owner of the account.", retryable: false, user_error: true }

    /// A location holds no repository for the data of volumes.
    NoVault { action: "Check the address of the vault, or make a repository there with `lazarette vault init`.", retryable: false, user_error: true }
    /// The key of a vault's repository is missing, or another one.
    VaultKey { action: "Name the file with the repository key with --key-file, or set LAZARETTE_VAULT_KEY_FILE or LAZARETTE_VAULT_KEY; a lost key cannot be replaced, and without it the repository cannot be read.", retryable: false, user_error: true }
    /// The key of a vault's repository was not confirmed to lie anywhere else.
    VaultKeyNotExported { action: "Print the key with `lazarette vault export-key`, put it where it outlives the cluster, and say so with `lazarette vault export-key --confirm`.", retryable: false, user_error: true }
    /// A vault's repository is damaged.
    DamagedVault { action: "Find out what is affected with `lazarette vault check --read-data`; snapshots that do not need what is lost can be restored.", retryable: false, user_error: false }
    /// Somebody else has locked a vault's repository.
    LockedVault { action: "Wait until the other operation is done. If its process is gone, remove the lock with `restic unlock`.", retryable: true, user_error: false }
    /// Something of a volume cannot be read.
    VolumeUnreadable { action: "Run the copy as a user who may read all files, or leave out what cannot be read with --skip-unreadable.", retryable: true, user_error: false }

    /// A backup that somebody else wrote and looks after.
    NotOurs { action: "Use the program that wrote it; for Velero that is `velero backup delete NAME`.", retryable: false, user_error: true }
    /// Something that was restored is not ready in time.
    NotReady { action: "Mend what the message names, or wait longer with --wait-timeout; the restore itself is done.", retryable: true, user_error: false }

    /// A policy of backups is not as it should be.
    InvalidPolicy { action: "Correct the field named; `kubectl explain backuppolicy.spec` tells what it may hold.", retryable: false, user_error: true }
    /// A document of resource modifiers was refused.
    InvalidModifiers { action: "Correct the rule named; `lazarette modify --rules FILE --explain` tests it on objects.", retryable: false, user_error: true }
    /// A saved plan does not hold any more.
    OutdatedPlan { action: "Make the plan anew and look at it; without --strict, what it still holds for is restored.", retryable: false, user_error: true }
    /// A rule failed on an object.
    ModifierFailed { action: "Correct the rule, or restore the object as it is with --on-modifier-error restore-unmodified.", retryable: false, user_error: true }

    /// A BackupHook or RestoreHook, or an annotation of a pod, is not as it should be.
    InvalidHooks { action: "Correct the field named; `lazarette crds` prints what the resources may hold.", retryable: false, user_error: true }
    /// A command of a hook, or a hook's plugin, failed.
    HookFailed { action: "Look at the end of the command's output in the report, and try the command with `kubectl exec`.", retryable: true, user_error: true }
    /// A command of a hook did not end in time.
    HookTimeout { action: "Raise its timeout if it needs longer. It may still be running in its container: look with `kubectl exec POD -- ps`.", retryable: true, user_error: true }
    /// The connection to a command of a hook broke, so that nobody knows what it did.
    HookConnection { action: "Check that the API server and the kubelet of the pod's node can be reached, and whether the command did what it should.", retryable: true, user_error: false }
    /// A hook names a container that the pod does not have.
    HookContainerMissing { action: "Correct the container's name in the hook, or select fewer pods.", retryable: false, user_error: true }
    /// A hook could not run in its pod.
    HookNotRun { action: "Mend the pod as the message says, or select other pods; a hook needs a container that runs.", retryable: true, user_error: false }
    /// The user may not run commands in pods of a namespace.
    HookForbidden { action: "Have a role bound to the user that allows what the message names (`lazarette doctor … --hooks … --print-roles` prints it), or exclude the namespace in the hook.", retryable: false, user_error: true }
    /// A pod came into being while hooks ran in others, and none ran in it.
    HookMissed { action: "Make another backup if what is in the pod's volumes must be consistent.", retryable: true, user_error: false }
    /// Hooks kept pods standing still for longer than they may.
    FreezeLimit { action: "Make the hooks faster, or allow more with --max-freeze.", retryable: true, user_error: true }
    /// A run that was killed, or could not reach a pod, may have left it as its hooks had made it.
    PodMayBeFrozen { action: "Run its after-hooks with `lazarette thaw`; where the backup is encrypted, with its private key (`--identity`).", retryable: false, user_error: false }

    /// A claim has no volume, so there is nothing to take.
    VolumeUnbound { action: "Nothing is to be done where the claim is not in use; otherwise see why it is not bound with `kubectl describe pvc`, and back up again.", retryable: true, user_error: true }
    /// No CSI driver made a volume, so that no snapshot of it can be cut.
    VolumeNotCsi { action: "Move the data to a volume of a CSI driver, or copy it with a hook; --exclude-resources persistentvolumeclaims or --snapshot-volumes false say that it is not wanted.", retryable: false, user_error: true }
    /// A static volume whose claim has no storage class.
    VolumeWithoutClass { action: "Give claim and volume the name of a storage class (storageClassName); it need not be there.", retryable: false, user_error: true }
    /// No class says how to cut snapshots of a volume.
    SnapshotClassMissing { action: "Create a VolumeSnapshotClass for the driver named, or choose one of several with --volume-snapshot-class DRIVER=CLASS; some drivers cannot cut snapshots at all.", retryable: false, user_error: true }
    /// A cluster does not serve the snapshot API.
    SnapshotsNotServed { action: "Install the definitions of snapshot.storage.k8s.io and the snapshot controller; --snapshot-volumes false backs up, and --restore-volumes false restores, without data.", retryable: false, user_error: true }
    /// The storage did not cut a snapshot, or it was deleted again.
    SnapshotFailed { action: "Look at the VolumeSnapshot with `kubectl describe`, and at the log of the CSI driver's snapshotter; then back up again.", retryable: true, user_error: false }
    /// A snapshot was not cut, or not ready, in time.
    SnapshotTimeout { action: "Look at the log of the CSI driver's snapshotter and of the snapshot controller; slow storage takes a longer --snapshot-timeout.", retryable: true, user_error: false }
    /// The data of a volume is where only another program can read it.
    VolumeOutOfReach { action: "Restore this volume with the program that wrote it; --restore-volumes false restores the claim with an empty volume.", retryable: false, user_error: true }
    /// A claim did not get its volume from a snapshot in time.
    VolumeNotProvisioned { action: "See what `kubectl describe pvc` says of the claim; slow storage takes a longer --volume-timeout. The same restore, run again, goes on waiting.", retryable: true, user_error: false }
    /// Snapshots, or helpers of restores, that nobody needs any more.
    SnapshotsOrphaned { action: "Remove them with `lazarette doctor backup --fix`.", retryable: false, user_error: false }

    /// A component is damaged, no component, or of no world that we know.
    InvalidPlugin { action: "Check that the file is a component for one of Lazarette's worlds; `lazarette plugin inspect FILE` shows what it is.", retryable: false, user_error: true }
    /// A component was built for another version of the contract.
    PluginContract { action: "Rebuild the plugin against the contract of this version, or use the version of Lazarette that it was built for.", retryable: false, user_error: true }
    /// A plugin imports what it was not granted, or what nobody can be granted.
    PluginGrant { action: "Add the grant to the plugin's configuration if you trust it with that.", retryable: false, user_error: true }
    /// A component is another one than its configuration names.
    PluginDigest { action: "Find out why it has changed; where the new one is wanted, put its digest into the configuration.", retryable: false, user_error: true }
    /// A component is not signed by a key that is required.
    PluginSignature { action: "Get the plugin from whom you trust, or add their public key with --require-signature.", retryable: false, user_error: true }
    /// A registry did not give or take a component.
    Registry { action: "Check address, tag and network; for a private registry, log in with `docker login`.", retryable: true, user_error: false }
    /// A plugin refused its configuration.
    PluginConfiguration { action: "Correct the plugin's configuration at the field named.", retryable: false, user_error: true }
    /// A plugin ran longer than it may.
    PluginDeadline { action: "Raise `limits.deadline` of the plugin if it needs more time, or report it to the plugin's author.", retryable: true, user_error: false }
    /// A plugin wanted more memory than it may have.
    PluginMemory { action: "Raise `limits.memory` of the plugin if it needs more, or report it to the plugin's author.", retryable: false, user_error: false }
    /// A plugin crashed.
    PluginTrap { action: "Report it to the plugin's author, with the object.", retryable: false, user_error: false }
    /// What a plugin returned cannot be used.
    PluginOutput { action: "Report it to the plugin's author, with the object.", retryable: false, user_error: false }
    /// A plugin decided otherwise about an object than in the plan that is applied.
    PluginInconsistent { action: "Make the plan anew with the components that it is applied with; where that does not help, report it to the plugin's author: what a plugin decides must follow from what it is given.", retryable: false, user_error: false }
    /// A plugin said that it failed, or that the object cannot be restored.
    PluginFailed { action: "Follow the plugin's message; its author documents its codes.", retryable: false, user_error: false }

    /// The user interrupted.
    Cancelled { action: "Run the command again.", retryable: true, user_error: true }
    /// A defect of ours.
    Internal { action: "Please report this, with the command and its output.", retryable: false, user_error: false }
}
