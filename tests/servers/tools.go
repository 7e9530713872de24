//go:build tools

// Package servers names the programs of Kubernetes that the end-to-end tests run. Nothing imports it: it keeps their
// versions in go.mod, and `go mod tidy` from forgetting them.
//
// For another release, change the version of k8s.io/kubernetes and those of the replaced modules beside it (v1.X.Y is
// v0.X.Y there), and run `go mod tidy`.
package servers

import (
	_ "go.etcd.io/etcd/server/v3"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
	_ "k8s.io/kubernetes/cmd/kube-scheduler"
	_ "k8s.io/kubernetes/cmd/kubectl"
	_ "k8s.io/kubernetes/cmd/kubelet"
)
