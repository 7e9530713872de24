// Command server is Velero as its own main package has it, without the one port that it would listen on whatever its
// flags say, so that two can run on one machine.
package main

import (
	"os"
	"path/filepath"

	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/vmware-tanzu/velero/pkg/cmd"
	"github.com/vmware-tanzu/velero/pkg/cmd/velero"
)

func main() {
	defer klog.Flush()
	server.DefaultBindAddress = "0"
	cmd.CheckError(velero.NewCommand(filepath.Base(os.Args[0])).Execute())
}
