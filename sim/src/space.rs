//! Everything that can be switched, with all its settings: for tests that go through them all, or through pairs of them.
//!
//! Each row is made by taking a section of the settings apart, so that a switch that is forgotten here does not compile.

use serde::Serialize;
use serde_json::{Value, json};

use crate::alibaba::Settings as Alibaba;
use crate::metadata::Settings as Metadata;
use crate::tencent_v2::Settings as TencentV2;
use crate::tencent_v3::{Settings as TencentV3, StsSettings as TencentSts};
use crate::traffic::Api;
use crate::world::{AlibabaRules, LinkRules, Switch, Switches, Timing};

/// APIs of accounts at Tencent.
const TENCENT: &[Api] = &[Api::TencentV2, Api::TencentV3];
/// APIs that say whether a key may call.
const ALL: &[Api] = &[Api::TencentV2, Api::TencentV3, Api::Alibaba];

/// A switch.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Its section and its name in there: `switches.listOrder`.
    pub name: String,
    /// The APIs that behave in another way by it.
    pub apis: &'static [Api],
    /// All its settings, the default first, each as it can be sent to `PATCH /settings`. Of a number or a list of any length
    /// these are some that differ.
    pub settings: Vec<Value>,
    /// Those settings under which the API does nothing at all.
    pub blocking: Vec<Value>,
}

/// Rows for the fields of a section; `open` ones are not of a few settings and come with some. `left_out` are limits and
/// rates, no open questions.
macro_rules! section {
    ($name:literal, $apis:expr, $type:ident {
        switches: [$($switch:ident),*], open: {$($open:ident: $values:tt),*}, left_out: [$($left:ident),*]
    }) => {{
        let $type { $($switch,)* $($open: _,)* $($left: _,)* } = $type::default();
        let mut rows: Vec<Row> = vec![$(row($name, stringify!($switch), $apis, settings_of($switch))),*];
        rows.extend([$(row($name, stringify!($open), $apis, json!($values).as_array().cloned().unwrap_or_default())),*]);
        rows
    }};
}

/// All switches, perhaps those of one API.
pub fn all(api: Option<Api>) -> Vec<Row> {
    let sections = [world(), timing(), limits(), alibaba_cloud(), tencent_v2(), tencent_v3(), alibaba(), sts()];
    let mut rows: Vec<Row> = sections.into_iter().flatten().collect();
    rows.retain(|row| api.is_none_or(|api| row.apis.contains(&api)));
    rows
}

fn world() -> Vec<Row> {
    let mut rows = section!("switches", TENCENT, Switches {
        switches: [
            attach_same_vpc_again, attach_over_dead_record, dead_record_in_quota, detach_without_link,
            detach_of_dead_record, business_checks, not_classic, unsupported_cidr, wide_cidr, batch_with_bad_item,
            write_while_task_runs, write_in_recycle_bin, unlink_on_return, recycle_bin_status, address_filter,
            unknown_vpc_in_list, unknown_address_in_list, unknown_vpc, unknown_machine, list_order
        ],
        open: { locked_statuses: [[], ["stopped"], ["creating", "returning", "rebooting", "starting", "stopping"]] },
        left_out: []
    });
    for row in &mut rows {
        match row.name.as_str() {
            "switches.listOrder" => row.apis = ALL,
            "switches.unknownAddressInList" => row.apis = &[Api::TencentV2],
            _ => {}
        }
    }
    rows
}

fn timing() -> Vec<Row> {
    let mut rows = section!("timing", TENCENT, Timing {
        switches: [],
        open: {
            task_duration_ms: [1000, 0, 5000, 120_000],
            task_visible_after_ms: [0, 3000],
            task_lifetime_ms: [null, 3000],
            list_delay_ms: [0, 3000],
            dead_record_lifetime_ms: [null, 3000],
            recycle_bin_ms: [null, 3000]
        },
        left_out: [vanish_after_ms, session_lifetime_ms]
    });
    for row in &mut rows {
        if row.name == "timing.listDelayMs" {
            row.apis = ALL;
        }
    }
    rows
}

fn limits() -> Vec<Row> {
    section!("limits", TENCENT, LinkRules {
        switches: [], open: { instances_per_call: [null, 1] }, left_out: [links_per_vpc]
    })
}

fn alibaba_cloud() -> Vec<Row> {
    section!(
        "alibabaCloud",
        &[Api::Alibaba],
        AlibabaRules {
            switches: [
                link_on_address_change,
                link_on_release,
                link_on_migration,
                vpc_removal_with_links,
                locked_machine
            ],
            open: {},
            left_out: [links_per_vpc, regions_without_classic_link]
        }
    )
}

fn tencent_v2() -> Vec<Row> {
    section!(
        "tencentV2",
        &[Api::TencentV2],
        TencentV2 {
            switches: [
                api,
                code,
                number_of_name,
                total_count,
                vpc_id_field,
                task_data,
                task_output,
                success_code_desc,
                stale_timestamp,
                unknown_task,
                create_time_zone,
                limit_above_maximum,
                unknown_parameters
            ],
            open: {},
            left_out: [vpc_list_maximum]
        }
    )
}

fn tencent_v3() -> Vec<Row> {
    section!(
        "tencentV3",
        &[Api::TencentV3],
        TencentV3 {
            switches: [
                api,
                classic_shape,
                unknown_task,
                task_output,
                locked_code,
                permission_code,
                page_numbers,
                limit_above_maximum,
                unknown_parameters,
                deprecated_warning,
                created_time_zone
            ],
            open: {},
            left_out: []
        }
    )
}

fn alibaba() -> Vec<Row> {
    section!(
        "alibaba",
        &[Api::Alibaba],
        Alibaba {
            switches: [
                api,
                generation,
                retry_after,
                attach_same_vpc_again,
                detach_without_link,
                bad_id_in_list,
                vpc_machine_in_list,
                unknown_vpc_in_list,
                empty_links,
                unauthorized_instances,
                disable_with_links,
                error_keys,
                error_format,
                access_denied_detail,
                token_error_status,
                dry_run_status
            ],
            open: {},
            left_out: [calls_per_minute]
        }
    )
}

fn sts() -> Vec<Row> {
    let mut rows = section!(
        "tencentSts",
        &[Api::TencentSts],
        TencentSts { switches: [throttle_code, unknown_web_role], open: {}, left_out: [] }
    );
    rows.extend(section!("metadata", &[Api::Metadata], Metadata { switches: [tokens], open: {}, left_out: [] }));
    rows
}

fn settings_of<T: Switch>(_default: T) -> Vec<Value> {
    T::SETTINGS.iter().map(|setting| json!(setting)).collect()
}

fn row(section: &str, field: &str, apis: &'static [Api], values: Vec<Value>) -> Row {
    let field = camel_case(field);
    let settings: Vec<Value> = values.into_iter().map(|value| json!({ section: { &field: value } })).collect();
    // Of the switches only `api` takes everything away; its default is that the API is there.
    let blocking = if field == "api" { settings.iter().skip(1).cloned().collect() } else { Vec::new() };
    Row { name: format!("{section}.{field}"), apis, settings, blocking }
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (letter, rest) = word.split_at_checked(1).unwrap_or_default();
        name + &letter.to_uppercase() + rest
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Settings, Sim};

    /// The value at a name such as `switches.listOrder`.
    fn at(settings: &Value, name: &str) -> Value {
        let (section, field) = name.split_once('.').unwrap();
        settings[section][field].clone()
    }

    #[test]
    fn everything_that_is_a_word_in_the_settings_is_a_row() {
        let defaults = serde_json::to_value(Settings::default()).unwrap();
        let rows = all(None);
        for (section, fields) in defaults.as_object().unwrap() {
            for (field, _) in fields.as_object().unwrap().iter().filter(|(_, value)| value.is_string()) {
                assert!(rows.iter().any(|row| row.name == format!("{section}.{field}")), "{section}.{field}");
            }
        }
    }

    #[test]
    fn the_first_setting_is_the_default_and_all_are_different_and_hold() {
        let defaults = serde_json::to_value(Settings::default()).unwrap();
        for row in all(None) {
            assert!(row.settings.len() > 1, "{}", row.name);
            assert_eq!(at(&row.settings[0], &row.name), at(&defaults, &row.name), "{}", row.name);
            for (index, setting) in row.settings.iter().enumerate() {
                assert!(!row.settings[..index].contains(setting), "{setting} comes twice");
                let settings: Settings = serde_json::from_value(setting.clone()).unwrap();
                let mut sim = Sim::default();
                sim.apply(settings).unwrap();
                let held = serde_json::to_value(sim.settings()).unwrap();
                assert_eq!(at(&held, &row.name), at(setting, &row.name));
            }
            assert!(row.blocking.iter().all(|setting| row.settings.contains(setting)));
        }
    }

    #[test]
    fn each_api_has_rows_of_its_own() {
        for api in [Api::TencentV2, Api::TencentV3, Api::Alibaba, Api::TencentSts, Api::Metadata] {
            assert!(!all(Some(api)).is_empty(), "{api:?}");
        }
        assert!(all(Some(Api::Alibaba)).iter().all(|row| !row.name.starts_with("tencent")));
    }
}
