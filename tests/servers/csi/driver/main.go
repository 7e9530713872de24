// Command driver is a CSI driver whose volumes and snapshots are folders: for tests of backups with snapshots, on one
// node. It keeps no state but these folders, so that it can be stopped and started at any time, and it registers
// itself with kubelet.
//
// Tests make it fail with files in its folder: with `no-snapshots` it cuts none, and while there is `not-ready`,
// snapshots that were cut are not ready to use.
package main

import (
	"context"
	"flag"
	"log"
	"net"
	"os"
	"path/filepath"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	registration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

func main() {
	name := flag.String("name", "folders.lazarette.dev", "name of the driver")
	folder := flag.String("folder", "", "where volumes and snapshots are")
	socket := flag.String("socket", "", "where the driver is served")
	registry := flag.String("registry", "", "the folder in which kubelet looks for drivers")
	node := flag.String("node", "127.0.0.1", "name of the node")
	flag.Parse()

	driver := &driver{name: *name, node: *node, folder: *folder, socket: *socket}
	for _, made := range []string{driver.volumes(), driver.snapshots(), driver.groups()} {
		if err := os.MkdirAll(made, 0o755); err != nil {
			log.Fatal(err)
		}
	}
	served := make(chan error, 2)
	go serve(*socket, served, func(server *grpc.Server) {
		csi.RegisterIdentityServer(server, driver)
		csi.RegisterControllerServer(server, driver)
		csi.RegisterGroupControllerServer(server, driver)
		csi.RegisterNodeServer(server, driver)
	})
	go serve(filepath.Join(*registry, *name+"-reg.sock"), served, func(server *grpc.Server) {
		registration.RegisterRegistrationServer(server, driver)
	})
	log.Fatal(<-served)
}

// serve serves on a Unix socket until that fails.
func serve(path string, ended chan<- error, register func(*grpc.Server)) {
	_ = os.Remove(path)
	listener, err := net.Listen("unix", path)
	if err != nil {
		ended <- err
		return
	}
	server := grpc.NewServer()
	register(server)
	ended <- server.Serve(listener)
}

// driver serves everything.
type driver struct {
	csi.UnimplementedIdentityServer
	csi.UnimplementedControllerServer
	csi.UnimplementedGroupControllerServer
	csi.UnimplementedNodeServer
	registration.UnsafeRegistrationServer

	name, node, folder, socket string
}

func (d *driver) volumes() string   { return filepath.Join(d.folder, "volumes") }
func (d *driver) snapshots() string { return filepath.Join(d.folder, "snapshots") }
func (d *driver) groups() string    { return filepath.Join(d.folder, "groups") }

// is says whether tests have put a file there.
func (d *driver) is(name string) bool {
	_, err := os.Stat(filepath.Join(d.folder, name))
	return err == nil
}

func (d *driver) GetInfo(context.Context, *registration.InfoRequest) (*registration.PluginInfo, error) {
	return &registration.PluginInfo{
		Type: registration.CSIPlugin, Name: d.name, Endpoint: d.socket, SupportedVersions: []string{"1.0.0"},
	}, nil
}

func (d *driver) NotifyRegistrationStatus(
	_ context.Context, status *registration.RegistrationStatus,
) (*registration.RegistrationStatusResponse, error) {
	if !status.PluginRegistered {
		log.Fatalf("kubelet does not take the driver: %s", status.Error)
	}
	return &registration.RegistrationStatusResponse{}, nil
}

func (d *driver) GetPluginInfo(
	context.Context, *csi.GetPluginInfoRequest,
) (*csi.GetPluginInfoResponse, error) {
	return &csi.GetPluginInfoResponse{Name: d.name, VendorVersion: "1"}, nil
}

func (d *driver) GetPluginCapabilities(
	context.Context, *csi.GetPluginCapabilitiesRequest,
) (*csi.GetPluginCapabilitiesResponse, error) {
	service := func(of csi.PluginCapability_Service_Type) *csi.PluginCapability {
		return &csi.PluginCapability{Type: &csi.PluginCapability_Service_{
			Service: &csi.PluginCapability_Service{Type: of},
		}}
	}
	return &csi.GetPluginCapabilitiesResponse{Capabilities: []*csi.PluginCapability{
		service(csi.PluginCapability_Service_CONTROLLER_SERVICE),
		service(csi.PluginCapability_Service_GROUP_CONTROLLER_SERVICE),
	}}, nil
}

func (d *driver) Probe(context.Context, *csi.ProbeRequest) (*csi.ProbeResponse, error) {
	return &csi.ProbeResponse{}, nil
}
