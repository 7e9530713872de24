//go:build tools

// Package csi names the programs with which the end-to-end tests give claims their volumes, and cut snapshots of them.
// Nothing imports it: it keeps their versions in go.mod, and `go mod tidy` from forgetting them.
package csi

import (
	_ "github.com/kubernetes-csi/external-provisioner/v6/cmd/csi-provisioner"
	_ "github.com/kubernetes-csi/external-snapshotter/v8/cmd/csi-snapshotter"
	_ "github.com/kubernetes-csi/external-snapshotter/v8/cmd/snapshot-controller"
)
