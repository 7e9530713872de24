package main

import (
	"context"
	"fmt"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func (d *driver) GroupControllerGetCapabilities(
	context.Context, *csi.GroupControllerGetCapabilitiesRequest,
) (*csi.GroupControllerGetCapabilitiesResponse, error) {
	of := csi.GroupControllerServiceCapability_RPC_CREATE_DELETE_GET_VOLUME_GROUP_SNAPSHOT
	return &csi.GroupControllerGetCapabilitiesResponse{
		Capabilities: []*csi.GroupControllerServiceCapability{{
			Type: &csi.GroupControllerServiceCapability_Rpc{
				Rpc: &csi.GroupControllerServiceCapability_RPC{Type: of},
			},
		}},
	}, nil
}

func (d *driver) CreateVolumeGroupSnapshot(
	_ context.Context, request *csi.CreateVolumeGroupSnapshotRequest,
) (*csi.CreateVolumeGroupSnapshotResponse, error) {
	group, err := read(d.groups(), request.Name)
	if status.Code(err) == codes.NotFound {
		for number, volume := range request.SourceVolumeIds {
			if _, err := d.cut(fmt.Sprintf("%s-%d", request.Name, number), volume, request.Name); err != nil {
				return nil, err
			}
		}
		group, err = keep(d.groups(), request.Name, "", kept{})
	}
	if err != nil {
		return nil, err
	}
	return &csi.CreateVolumeGroupSnapshotResponse{GroupSnapshot: d.describedGroup(group)}, nil
}

func (d *driver) describedGroup(group *kept) *csi.VolumeGroupSnapshot {
	described := &csi.VolumeGroupSnapshot{
		GroupSnapshotId: group.id(), CreationTime: timestamppb.New(group.Created), ReadyToUse: !d.is("not-ready"),
	}
	for _, snapshot := range all(d.snapshots()) {
		if snapshot.Group == group.id() {
			described.Snapshots = append(described.Snapshots, d.described(snapshot))
		}
	}
	return described
}

func (d *driver) GetVolumeGroupSnapshot(
	_ context.Context, request *csi.GetVolumeGroupSnapshotRequest,
) (*csi.GetVolumeGroupSnapshotResponse, error) {
	group, err := read(d.groups(), request.GroupSnapshotId)
	if err != nil {
		return nil, err
	}
	return &csi.GetVolumeGroupSnapshotResponse{GroupSnapshot: d.describedGroup(group)}, nil
}

func (d *driver) DeleteVolumeGroupSnapshot(
	_ context.Context, request *csi.DeleteVolumeGroupSnapshotRequest,
) (*csi.DeleteVolumeGroupSnapshotResponse, error) {
	for _, snapshot := range all(d.snapshots()) {
		if snapshot.Group == request.GroupSnapshotId {
			if err := remove(d.snapshots(), snapshot.id()); err != nil {
				return nil, err
			}
		}
	}
	return &csi.DeleteVolumeGroupSnapshotResponse{}, remove(d.groups(), request.GroupSnapshotId)
}
