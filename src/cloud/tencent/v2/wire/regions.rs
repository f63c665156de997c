//! The short names that the API v2 has for regions.

/// The region as v2 abbreviates it (213/6091, 1111/46459); a region that is not in that table goes by its long name,
/// which documents of v2 show as well.
pub(in crate::cloud::tencent::v2) fn region(long: &str) -> &str {
    match long {
        "ap-guangzhou" => "gz",
        "ap-shanghai" => "sh",
        "ap-beijing" => "bj",
        "ap-chengdu" => "cd",
        "ap-chongqing" => "cq",
        "ap-nanjing" => "nj",
        "ap-hongkong" => "hk",
        "ap-taipei" => "tpe",
        "ap-singapore" => "sg",
        "ap-jakarta" => "jkt",
        "ap-guangzhou-open" => "gzopen",
        "ap-shenzhen-fsi" => "szjr",
        "ap-shenzhen" => "szx",
        "ap-qingyuan" => "qy",
        "ap-bangkok" => "th",
        "ap-mumbai" => "in",
        "ap-seoul" => "kr",
        "ap-tokyo" => "jp",
        "na-siliconvalley" => "usw",
        "na-ashburn" => "use",
        "na-toronto" => "ca",
        "eu-frankfurt" => "de",
        "eu-moscow" => "ru",
        "sa-saopaulo" => "sao",
        "ap-shanghai-fsi" => "shjr",
        "ap-beijing-fsi" => "bjjr",
        "ap-tianjin" => "tsn",
        long => long,
    }
}
