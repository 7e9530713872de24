package main

import (
	"context"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func (d *driver) ControllerGetCapabilities(
	context.Context, *csi.ControllerGetCapabilitiesRequest,
) (*csi.ControllerGetCapabilitiesResponse, error) {
	response := &csi.ControllerGetCapabilitiesResponse{}
	for _, capability := range []csi.ControllerServiceCapability_RPC_Type{
		csi.ControllerServiceCapability_RPC_CREATE_DELETE_VOLUME,
		csi.ControllerServiceCapability_RPC_CREATE_DELETE_SNAPSHOT,
		csi.ControllerServiceCapability_RPC_LIST_SNAPSHOTS,
	} {
		response.Capabilities = append(response.Capabilities, &csi.ControllerServiceCapability{
			Type: &csi.ControllerServiceCapability_Rpc{
				Rpc: &csi.ControllerServiceCapability_RPC{Type: capability},
			},
		})
	}
	return response, nil
}

func (d *driver) CreateVolume(
	_ context.Context, request *csi.CreateVolumeRequest,
) (*csi.CreateVolumeResponse, error) {
	made, err := d.volume(request.Name)
	if status.Code(err) == codes.NotFound {
		made, err = d.newVolume(request)
	}
	if err != nil {
		return nil, err
	}
	return &csi.CreateVolumeResponse{Volume: &csi.Volume{
		VolumeId: made.id(), CapacityBytes: made.Size, ContentSource: request.VolumeContentSource,
	}}, nil
}

func (d *driver) newVolume(request *csi.CreateVolumeRequest) (*kept, error) {
	size, from := request.GetCapacityRange().GetRequiredBytes(), ""
	if source := request.GetVolumeContentSource().GetSnapshot(); source != nil {
		snapshot, err := d.snapshot(source.SnapshotId)
		if err != nil {
			return nil, err
		}
		if size < snapshot.Size {
			return nil, status.Errorf(codes.OutOfRange, "the snapshot needs %d bytes", snapshot.Size)
		}
		from = snapshot.data()
	} else if request.VolumeContentSource != nil {
		return nil, status.Error(codes.InvalidArgument, "volumes are made from snapshots only")
	}
	return keep(d.volumes(), request.Name, from, kept{Size: size})
}

func (d *driver) DeleteVolume(
	_ context.Context, request *csi.DeleteVolumeRequest,
) (*csi.DeleteVolumeResponse, error) {
	return &csi.DeleteVolumeResponse{}, remove(d.volumes(), request.VolumeId)
}

func (d *driver) ValidateVolumeCapabilities(
	_ context.Context, request *csi.ValidateVolumeCapabilitiesRequest,
) (*csi.ValidateVolumeCapabilitiesResponse, error) {
	if _, err := d.volume(request.VolumeId); err != nil {
		return nil, err
	}
	return &csi.ValidateVolumeCapabilitiesResponse{
		Confirmed: &csi.ValidateVolumeCapabilitiesResponse_Confirmed{
			VolumeCapabilities: request.VolumeCapabilities,
		},
	}, nil
}

// cut makes a snapshot of a volume, unless there is one of that name.
func (d *driver) cut(id, of, group string) (*kept, error) {
	if d.is("no-snapshots") {
		// An error after which a snapshot may still be cut later would keep its request from being deleted.
		return nil, status.Error(codes.Internal, "no snapshot is cut, as a test wants it")
	}
	if made, err := d.snapshot(id); status.Code(err) != codes.NotFound {
		return made, err
	}
	volume, err := d.volume(of)
	if err != nil {
		return nil, err
	}
	return keep(d.snapshots(), id, volume.data(), kept{Size: volume.Size, Source: of, Group: group})
}

func (d *driver) described(snapshot *kept) *csi.Snapshot {
	return &csi.Snapshot{
		SnapshotId: snapshot.id(), SourceVolumeId: snapshot.Source, SizeBytes: snapshot.Size,
		GroupSnapshotId: snapshot.Group, CreationTime: timestamppb.New(snapshot.Created),
		ReadyToUse: !d.is("not-ready"),
	}
}

func (d *driver) CreateSnapshot(
	_ context.Context, request *csi.CreateSnapshotRequest,
) (*csi.CreateSnapshotResponse, error) {
	snapshot, err := d.cut(request.Name, request.SourceVolumeId, "")
	if err != nil {
		return nil, err
	}
	return &csi.CreateSnapshotResponse{Snapshot: d.described(snapshot)}, nil
}

func (d *driver) DeleteSnapshot(
	_ context.Context, request *csi.DeleteSnapshotRequest,
) (*csi.DeleteSnapshotResponse, error) {
	return &csi.DeleteSnapshotResponse{}, remove(d.snapshots(), request.SnapshotId)
}

func (d *driver) ListSnapshots(
	_ context.Context, request *csi.ListSnapshotsRequest,
) (*csi.ListSnapshotsResponse, error) {
	response := &csi.ListSnapshotsResponse{}
	for _, snapshot := range all(d.snapshots()) {
		ofVolume := request.SourceVolumeId == "" || request.SourceVolumeId == snapshot.Source
		if ofVolume && (request.SnapshotId == "" || request.SnapshotId == snapshot.id()) {
			entry := &csi.ListSnapshotsResponse_Entry{Snapshot: d.described(snapshot)}
			response.Entries = append(response.Entries, entry)
		}
	}
	return response, nil
}
