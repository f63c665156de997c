//! Changes: what is sent, and what each answer says of what happened.

use super::*;

#[tokio::test]
async fn a_change_names_the_vpc_and_the_machine_and_is_done_at_once() {
    let cloud = cloud(|_| ok(json!({}))).await;
    assert_eq!(cloud.ecs.attach(&vpc_id(), &[instance(1)]).await.unwrap(), Taken::Done);
    assert_eq!(cloud.ecs.detach(&vpc_id(), &[instance(2)]).await.unwrap(), Taken::Done);
    let [attach, detach] = &cloud.asked()[..] else { panic!("sent more than once") };
    assert_eq!((attach.action(), attach.params["InstanceId"].as_str()), ("AttachClassicLinkVpc", "i-000001"));
    assert_eq!((detach.action(), detach.params["InstanceId"].as_str()), ("DetachClassicLinkVpc", "i-000002"));
    assert!([attach, detach].iter().all(|asked| asked.params["VpcId"] == "vpc-2ari9m7h" && asked.params.len() == 3));
    assert_eq!(cloud.ecs.task(&TaskId("1".into())).await.unwrap(), TaskState::Unknown);
    assert_eq!(cloud.asked().len(), 2);
}

#[tokio::test]
async fn a_change_of_several_or_of_none_is_not_sent() {
    let cloud = cloud(|_| ok(json!({}))).await;
    for count in [0, 2] {
        let instances: Vec<_> = instances(count).into_iter().collect();
        let error = cloud.ecs.attach(&vpc_id(), &instances).await.unwrap_err();
        assert_eq!(error.kind, Kind::Refused(Reason::Refused));
        assert!(error.kind.splits_batch());
    }
    assert!(cloud.asked().is_empty());
}

#[tokio::test]
async fn a_refusal_means_the_same_in_each_generation_and_format() {
    let elsewhere = "The specified instance has already been linked to another VPC.";
    let older =
        json!({"RequestId": "1", "HostId": "ecs", "Code": "Abs.InvalidInstanceId.MalFormed", "Message": elsewhere});
    let newer =
        json!({"RequestId": "1", "Code": "OperationDenied", "Message": "The instance has been linked to other vpc."});
    let small =
        json!({"requestId": "1", "code": "operationdenied", "message": "The instance does not allow link to vpc."});
    let xml = "<?xml version='1.0' encoding='UTF-8'?><Error><RequestId>1</RequestId><HostId>ecs</HostId>\
               <Code>OperationDenied</Code><Message>The instance does not allow link to vpc.</Message></Error>";
    let typed = Reply { header: Some(("content-type", "text/xml;charset=utf-8")), ..reply(403, xml) };
    for given in [
        reply(400, older.to_string()),
        reply(403, older.to_string()),
        reply(403, newer.to_string()),
        reply(500, newer.to_string()),
        // The vendor's libraries would take it for a success; a code is an error to us.
        reply(200, newer.to_string()),
        reply(403, small.to_string()),
        reply(403, xml),
        typed,
    ] {
        let answer = given.clone();
        let cloud = cloud(move |_| answer.clone()).await;
        let error = cloud.ecs.attach(&vpc_id(), &[instance(1)]).await.unwrap_err();
        assert_eq!(error.kind, Kind::Conflict, "{given:?}");
        assert_eq!((error.action, error.request_id.as_deref()), ("AttachClassicLinkVpc", Some("1")));
        assert!(error.to_string().contains("nstance"), "{error}");
    }
}

#[tokio::test]
async fn gone_is_gone_on_a_detach_only() {
    for status in [403, 404] {
        for (code, attach) in [
            ("InvalidInstanceId.NotFound", Kind::Missing),
            ("InvalidInstanceId.MalFormed", Kind::Refused(Reason::InstanceNotClassic)),
            ("InvalidVpcId.Malformed", Kind::Missing),
            ("InvalidOperation.InvalidVpc", Kind::Refused(Reason::Refused)),
        ] {
            let cloud = cloud(move |_| Reply { status, ..refused(code) }).await;
            assert_eq!(cloud.ecs.attach(&vpc_id(), &[instance(1)]).await.unwrap_err().kind, attach, "{code}");
            assert_eq!(
                cloud.ecs.detach(&vpc_id(), &[instance(1)]).await.unwrap_err().kind,
                Kind::AlreadyGone,
                "{code}"
            );
        }
    }
}

#[tokio::test]
async fn a_lacking_permission_is_named() {
    let detail = json!({"AuthAction": "ecs:AttachClassicLinkVpc", "EncodedDiagnosticMessage": "AQEAAAA"});
    let body =
        json!({"RequestId": "1", "Code": "SomethingNew", "Message": "长".repeat(300), "AccessDeniedDetail": detail});
    let cloud = cloud(move |_| reply(403, body.to_string())).await;
    let error = cloud.ecs.attach(&vpc_id(), &[instance(1)]).await.unwrap_err();
    assert_eq!(error.kind, Kind::PermissionDenied);
    assert!(error.message.starts_with("needs ecs:AttachClassicLinkVpc: 长"), "{error}");
    assert_eq!(error.message.chars().count(), 256);
}

#[tokio::test]
async fn an_answer_that_asks_to_wait_is_waited_for_and_says_of_a_change_only_what_its_code_says() {
    let wait = |value| Some(("x-acs-retry-after", value));
    for (given, change, look) in [
        (refused("Throttling.User"), Kind::Throttled, Kind::Throttled),
        (Reply { header: wait("1500"), ..refused("Throttling.User") }, Kind::Throttled, Kind::Throttled),
        // It may have been carried out: to be settled by reading.
        (Reply { header: wait("1500"), ..refused("SomethingNew") }, Kind::Unclear, Kind::Throttled),
        (Reply { header: wait("1500"), ..reply(503, "<html></html>") }, Kind::Unclear, Kind::Throttled),
        (Reply { header: wait("0"), ..refused("QuotaExceeded") }, Kind::Quota, Kind::Quota),
        (Reply { header: wait("soon"), ..refused("QuotaExceeded") }, Kind::Quota, Kind::Quota),
    ] {
        let answer = given.clone();
        let cloud = cloud(move |_| answer.clone()).await;
        let begun = clock::instant();
        assert_eq!(cloud.ecs.attach(&vpc_id(), &[instance(1)]).await.unwrap_err().kind, change, "{given:?}");
        assert_eq!(cloud.ecs.vpc(&vpc_id(), Lane::NewLink).await.unwrap_err().kind, look, "{given:?}");
        let _permit = cloud.ecs.pace.permit(Action::Attach, Lane::NewLink).await;
        let waited = clock::instant() - begun;
        assert_eq!(waited >= Duration::from_millis(1500), given.header == wait("1500"), "{waited:?}: {given:?}");
    }
}

#[tokio::test]
async fn a_change_that_was_carried_out_was_not_throttled() {
    let answer = Reply { header: Some(("x-acs-retry-after", "1500")), ..ok(json!({})) };
    let cloud = cloud(move |_| answer.clone()).await;
    assert_eq!(cloud.ecs.attach(&vpc_id(), &[instance(1)]).await.unwrap(), Taken::Done);
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_or_unreadable_may_have_happened_and_is_sent_once() {
    let html = "<html><h1>502 Bad Gateway</h1></html>";
    for given in [
        reply(502, html),
        reply(200, html),
        reply(500, ""),
        reply(200, r#"{"RequestId":"473469C7-AA6F"#),
        reply(200, "{}"),
        reply(403, r#"{"RequestId":"473469C7"}"#),
        reply(200, "<AttachClassicLinkVpcResponse><RequestId>C0003E8B"),
        refused("NobodyKnows"),
        refused("SignatureNonceUsed"),
    ] {
        let answer = given.clone();
        let cloud = cloud(move |_| answer.clone()).await;
        let error = cloud.ecs.attach(&vpc_id(), &[instance(1)]).await.unwrap_err();
        assert_eq!(error.kind, Kind::Unclear, "{given:?}");
        assert_eq!(cloud.asked().len(), 1);
    }
    let cloud = cloud(|_| refused("InternalError")).await;
    let error = cloud.ecs.detach(&vpc_id(), &[instance(1)]).await.unwrap_err();
    assert!(error.kind == Kind::Transient && error.kind.may_have_happened());
}

#[tokio::test]
async fn a_success_in_xml_is_a_success() {
    let body = "<AttachClassicLinkVpcResponse>\n  <RequestId>C0003E8B</RequestId>\n</AttachClassicLinkVpcResponse>";
    let cloud = cloud(move |_| reply(200, body)).await;
    assert_eq!(cloud.ecs.attach(&vpc_id(), &[instance(1)]).await.unwrap(), Taken::Done);
}

#[tokio::test]
async fn a_change_on_a_connection_that_breaks_may_have_happened_and_is_sent_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ecs = provider(&listener.local_addr().unwrap().to_string(), None);
    let count = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&count);
    let serve = async move |mut stream: TcpStream| {
        let _ = stream.read_buf(&mut Vec::new()).await;
        *counted.lock().unwrap() += 1;
    };
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            serve(stream).await;
        }
    });
    assert_eq!(ecs.attach(&vpc_id(), &[instance(1)]).await.unwrap_err().kind, Kind::Unclear);
    assert_eq!(*count.lock().unwrap(), 1);
    assert_eq!(ecs.vpc(&vpc_id(), Lane::Sweep).await.unwrap_err().kind, Kind::Transient);
}

#[tokio::test]
async fn a_change_that_finds_nobody_is_a_fault_of_the_moment() {
    // Port 9 discards; nobody is there, nor will be.
    let error = provider("127.0.0.1:9", None).attach(&vpc_id(), &[instance(1)]).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_str()), (Kind::Transient, ""));
    assert!(error.message.starts_with("not sent"), "{error}");
}
