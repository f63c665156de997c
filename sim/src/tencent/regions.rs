//! Names of regions: short ones of v2 and long ones of 3.0 (213/6091, 1111/46459, 214/11594).

const NAMES: [(&str, &str); 28] = [
    ("gz", "ap-guangzhou"),
    ("sh", "ap-shanghai"),
    ("bj", "ap-beijing"),
    ("cd", "ap-chengdu"),
    ("cq", "ap-chongqing"),
    ("nj", "ap-nanjing"),
    ("hk", "ap-hongkong"),
    ("tpe", "ap-taipei"),
    ("sg", "ap-singapore"),
    ("jkt", "ap-jakarta"),
    ("gzopen", "ap-guangzhou-open"),
    ("szjr", "ap-shenzhen-fsi"),
    ("szx", "ap-shenzhen"),
    ("qy", "ap-qingyuan"),
    ("th", "ap-bangkok"),
    ("in", "ap-mumbai"),
    ("kr", "ap-seoul"),
    ("jp", "ap-tokyo"),
    ("usw", "na-siliconvalley"),
    ("use", "na-ashburn"),
    ("ca", "na-toronto"),
    ("tor", "na-toronto"),
    ("de", "eu-frankfurt"),
    ("ru", "eu-moscow"),
    ("sao", "sa-saopaulo"),
    ("shjr", "ap-shanghai-fsi"),
    ("bjjr", "ap-beijing-fsi"),
    ("tsn", "ap-tianjin"),
];

/// The long name of a region that is named either way.
pub fn long(name: &str) -> Option<&'static str> {
    NAMES.iter().find(|(short, long)| name == *short || name == *long).map(|(_, long)| *long)
}

/// The short name of a region; its long one where there is none.
pub fn short(long: &str) -> &str {
    NAMES.iter().find(|(_, name)| *name == long).map_or(long, |(short, _)| *short)
}

/// Whether a region has this long name.
pub fn is_long(name: &str) -> bool {
    NAMES.iter().any(|(_, long)| *long == name)
}
