//! Answers: the fields of an action with a `RequestId`, or an error; as JSON or as XML.

use axum::http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value};

use super::failure::Failure;
use super::request::{self, Format, Request};
use super::settings::{DryRunStatus, ErrorFormat, ErrorKeys, Generation, Settings};
use super::xml;
use crate::traffic::{Answer, Code};

const JSON: &str = "application/json;charset=utf-8";

/// The current SDK parses errors as XML only with exactly this.
const XML: &str = "text/xml;charset=utf-8";

/// The fields of an action's answer.
pub(super) type Fields = Map<String, Value>;

/// What the API answers; the product is named in the page that an error recommends.
pub(super) fn answer(
    request: Option<&Request>,
    outcome: Result<Fields, Failure>,
    product: &str,
    settings: &Settings,
) -> Answer {
    let id = request.map_or_else(request::new_id, |request| request.id.clone());
    let format = request.and_then(|request| request.format().ok()).unwrap_or(Format::Json);
    match outcome {
        Ok(fields) => success(fields, id, format, request.and_then(Request::action).unwrap_or_default()),
        Err(failure) => error(failure, id, format, request, product, settings),
    }
}

fn success(mut fields: Fields, id: String, format: Format, action: &str) -> Answer {
    fields.insert("RequestId".into(), id.into());
    written(Answer::json(Code::Name(String::new()), fields.into()), format, format!("{action}Response"))
}

fn error(
    failure: Failure,
    id: String,
    format: Format,
    request: Option<&Request>,
    product: &str,
    settings: &Settings,
) -> Answer {
    let format = if settings.error_format == ErrorFormat::Xml { Format::Xml } else { format };
    let mut fields = Fields::new();
    if settings.generation == Generation::G2 {
        let page = format!("https://api.aliyun.com/troubleshoot?q={}&product={product}&requestId={id}", failure.code);
        fields.insert("Recommend".into(), page.into());
    }
    fields.insert("RequestId".into(), id.into());
    fields.insert("HostId".into(), request.and_then(|request| request.header("host")).unwrap_or_default().into());
    fields.insert("Code".into(), failure.code.clone().into());
    fields.insert("Message".into(), failure.message.into());
    if let Some(detail) = failure.access_denied {
        fields.insert("AccessDeniedDetail".into(), detail);
    }
    if settings.error_keys == ErrorKeys::Lower {
        fields = fields.into_iter().map(|(name, value)| (lower_first(&name), value)).collect();
    }
    let mut answer = Answer::json(Code::Name(failure.code), fields.into());
    answer.status = failure.status;
    answer.headers.extend(failure.retry_after.map(retry_after));
    written(answer, format, "Error".into())
}

fn retry_after(after: u64) -> (HeaderName, HeaderValue) {
    (HeaderName::from_static("x-acs-retry-after"), HeaderValue::from(after))
}

fn written(mut answer: Answer, format: Format, root: String) -> Answer {
    match format {
        Format::Json => answer.content_type = JSON,
        Format::Xml => {
            answer.content_type = XML;
            answer.write = Box::new(move |body| xml::written(&root, body));
        }
    }
    answer
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// A list as the API wraps it: `"Links": {"Link": […]}`.
pub(super) fn list(singular: &str, rows: Vec<Value>) -> Value {
    Value::Object(Fields::from_iter([(singular.to_owned(), rows.into())]))
}

/// A call that is only tried, and would be let in.
pub(super) fn dry_run(settings: &Settings) -> Failure {
    let status = match settings.dry_run_status {
        DryRunStatus::BadRequest => StatusCode::BAD_REQUEST,
        DryRunStatus::Forbidden => StatusCode::FORBIDDEN,
        DryRunStatus::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
    };
    Failure::new(status, "DryRunOperation", "Request validation has been passed with DryRun flag set.")
}
