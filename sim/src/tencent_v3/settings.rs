//! What the documents of the API leave open about its shapes and codes. The first setting is the default.

use serde::{Deserialize, Serialize};

use crate::tencent::time::Zone;
use crate::world::switch;

/// Settings of this dialect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// Whether the API is there.
    pub api: State,
    /// How a machine of the classic network looks (213/15728 does not say).
    pub classic_shape: ClassicShape,
    /// What an unknown task is answered.
    pub unknown_task: UnknownTask,
    /// Whether a failed task says why in `Output`.
    pub task_output: Presence,
    /// What a write is answered while another operation on the machine is under way.
    pub locked_code: LockedCode,
    /// What a call is answered that the key may not make.
    pub permission_code: PermissionCode,
    /// What an offset or limit of the other type than the documented one is answered.
    pub page_numbers: PageNumbers,
    /// What a limit above the documented maximum is answered.
    pub limit_above_maximum: AboveMaximum,
    /// What a parameter that the action does not document is answered.
    pub unknown_parameters: UnknownParameters,
    /// Whether successes warn that the action will go.
    pub deprecated_warning: Presence,
    /// The zone of `CreatedTime` of a VPC.
    pub created_time_zone: Zone,
}

switch! {
    /// Whether the API is there.
    State {
        /// It is.
        Online,
        /// Every action answers `ActionOffline`.
        Offline,
        /// Every action answers `ServiceUnavailable`.
        Unavailable
    }
    /// How a machine of the classic network looks.
    ClassicShape {
        /// `VirtualPrivateCloud.VpcId` is empty.
        EmptyVpcId,
        /// `VirtualPrivateCloud.VpcId` is null.
        NullVpcId,
        /// `VirtualPrivateCloud` is null.
        Null,
        /// There is no `VirtualPrivateCloud`.
        Absent
    }
    /// What an unknown task is answered.
    UnknownTask {
        /// `ResourceNotFound`.
        NotFound,
        /// `InvalidParameterValue`.
        InvalidParameterValue
    }
    /// Whether something is there.
    Presence {
        /// It is left out.
        Absent,
        /// It is there.
        Present
    }
    /// What a locked machine is answered.
    LockedCode {
        /// `UnsupportedOperation.MutexOperationTaskRunning`.
        MutexOperationTaskRunning,
        /// `OperationDenied.MutexTaskRunning`.
        MutexTaskRunning,
        /// `UnsupportedOperation.LockedResources`.
        LockedResources
    }
    /// What a missing permission is answered.
    PermissionCode {
        /// `AuthFailure.UnauthorizedOperation`.
        AuthFailure,
        /// `UnauthorizedOperation`.
        Unauthorized
    }
    /// What a number of the other type is answered.
    PageNumbers {
        /// As if it had the documented type.
        EitherType,
        /// `InvalidParameter`.
        DocumentedType
    }
    /// What a limit above the maximum is answered.
    AboveMaximum {
        /// `InvalidParameterValue.LimitExceeded`.
        Refused,
        /// As if the maximum had been asked for.
        Clamped
    }
    /// What an undocumented parameter is answered.
    UnknownParameters {
        /// `UnknownParameter`.
        Refused,
        /// As if it were not there.
        Ignored
    }
}
