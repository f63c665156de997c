//! What the documents of the API leave open about its shapes and codes. The first setting is the default.

use serde::{Deserialize, Serialize};

use crate::tencent::time::Zone;
use crate::world::switch;

/// Settings of this dialect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// Whether the API is there; it was announced to go offline (215/81827, 1278/82311).
    pub api: State,
    /// How `code` is written (an error page shows `"5100"`).
    pub code: NumberShape,
    /// Which number stands beside a name in `codeDesc`; no document pairs them.
    pub number_of_name: NumberOfName,
    /// How `totalCount` of links is written (215/2112: an int in the table, `"1"` in the sample).
    pub total_count: TotalCount,
    /// What the new id of a link's VPC is called (215/2112: one name in the table, another in the sample).
    pub vpc_id_field: VpcIdField,
    /// How a task's `data` is written (215/5094: an array in the table, an object in the sample).
    pub task_data: TaskData,
    /// Whether a failed task says why in `data.output`.
    pub task_output: Presence,
    /// Whether an answer that is no error has `codeDesc`.
    pub success_code_desc: Presence,
    /// What a timestamp that is too far off is answered.
    pub stale_timestamp: StaleTimestamp,
    /// What an unknown task is answered.
    pub unknown_task: UnknownTask,
    /// The zone of `createTime`.
    pub create_time_zone: Zone,
    /// What a limit above the documented maximum is answered.
    pub limit_above_maximum: AboveMaximum,
    /// The largest limit of `DescribeVpcEx`; undocumented.
    pub vpc_list_maximum: usize,
    /// What a parameter that the action does not document is answered.
    pub unknown_parameters: UnknownParameters,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api: State::default(),
            code: NumberShape::default(),
            number_of_name: NumberOfName::default(),
            total_count: TotalCount::default(),
            vpc_id_field: VpcIdField::default(),
            task_data: TaskData::default(),
            task_output: Presence::default(),
            success_code_desc: Presence::default(),
            stale_timestamp: StaleTimestamp::default(),
            unknown_task: UnknownTask::default(),
            create_time_zone: Zone::default(),
            limit_above_maximum: AboveMaximum::default(),
            // The other lists of v2 that document a maximum end at 50 or 100.
            vpc_list_maximum: 100,
            unknown_parameters: UnknownParameters::default(),
        }
    }
}

switch! {
    /// Whether the API is there.
    State {
        /// It is.
        Online,
        /// Every action answers 6100.
        Offline,
        /// Every action answers 6200.
        Maintenance
    }
    /// How a number is written.
    NumberShape {
        /// As a number.
        Int,
        /// As a string.
        String
    }
    /// Which number stands beside a name.
    NumberOfName {
        /// 4000 for what is wrong or at a limit, 5000 for what is not found, 5100 for locks.
        ByKind,
        /// 4000 beside each name.
        Parameter
    }
    /// How a total is written.
    TotalCount {
        /// As a string.
        String,
        /// As a number.
        Int
    }
    /// What a field is called.
    VpcIdField {
        /// `uniqVpcId`.
        UniqVpcId,
        /// `unVpcId`.
        UnVpcId,
        /// Under both names.
        Both
    }
    /// How the state of a task is wrapped.
    TaskData {
        /// An object.
        Object,
        /// An array of one object.
        Array
    }
    /// Whether a field is there.
    Presence {
        /// It is left out.
        Absent,
        /// It is there.
        Present
    }
    /// What a timestamp that is too far off is answered.
    StaleTimestamp {
        /// 4500, as the present tables say.
        Replay,
        /// 4200, as the older tables say.
        Expired
    }
    /// What an unknown task is answered.
    UnknownTask {
        /// 5000, an unknown resource.
        NotFound,
        /// 4000, a wrong parameter.
        InvalidParameter
    }
    /// What a limit above the maximum is answered.
    AboveMaximum {
        /// 4000.
        Refused,
        /// As if the maximum had been asked for.
        Clamped
    }
    /// What an undocumented parameter is answered.
    UnknownParameters {
        /// 4000.
        Refused,
        /// As if it were not there.
        Ignored
    }
}
