package main

import (
	"context"
	"os"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func (d *driver) NodeGetInfo(context.Context, *csi.NodeGetInfoRequest) (*csi.NodeGetInfoResponse, error) {
	return &csi.NodeGetInfoResponse{NodeId: d.node}, nil
}

func (d *driver) NodeGetCapabilities(
	context.Context, *csi.NodeGetCapabilitiesRequest,
) (*csi.NodeGetCapabilitiesResponse, error) {
	return &csi.NodeGetCapabilitiesResponse{}, nil
}

// NodePublishVolume binds the folder of a volume to where kubelet wants it.
func (d *driver) NodePublishVolume(
	_ context.Context, request *csi.NodePublishVolumeRequest,
) (*csi.NodePublishVolumeResponse, error) {
	source, err := d.volume(request.VolumeId)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(request.TargetPath, 0o755); err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	// A second bind would hide the first, and stay when that is undone.
	_ = unix.Unmount(request.TargetPath, unix.MNT_DETACH)
	flags := uintptr(unix.MS_BIND)
	if err := unix.Mount(source.data(), request.TargetPath, "", flags, ""); err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	if request.Readonly {
		if err := unix.Mount("", request.TargetPath, "", flags|unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
			return nil, status.Error(codes.Internal, err.Error())
		}
	}
	return &csi.NodePublishVolumeResponse{}, nil
}

func (d *driver) NodeUnpublishVolume(
	_ context.Context, request *csi.NodeUnpublishVolumeRequest,
) (*csi.NodeUnpublishVolumeResponse, error) {
	err := unix.Unmount(request.TargetPath, unix.MNT_DETACH)
	if err != nil && err != unix.EINVAL && err != unix.ENOENT {
		return nil, status.Error(codes.Internal, err.Error())
	}
	_ = os.Remove(request.TargetPath)
	return &csi.NodeUnpublishVolumeResponse{}, nil
}
