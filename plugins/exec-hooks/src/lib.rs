//! Built-in plugin: BackupHook and RestoreHook, commands in pods.
