//! What all APIs have in common: a call is noted, let in, met by a fault or not, carried out and answered.
//!
//! A dialect says who is let in, what is done and how it is told; the order of these steps is here, once.

use std::time::Duration;

use axum::body::Body;
use axum::http::Response;
use tokio::time::sleep;

use crate::clock::Millis;
use crate::sim::{Shared, Sim};
use crate::traffic::{Answer, Arranged, Code, Cut, Effect, Moment, NewCall, Subject, faulty};

/// An API of a cloud.
pub trait Dialect: 'static {
    /// A request as it arrived, decoded.
    type Request: Send + Sync + 'static;
    /// A caller who may do what they ask.
    type Caller: Send + Sync + 'static;
    /// What an action answers.
    type Fields: Default + Send + 'static;
    /// Why a call fails, in this API's words.
    type Failure: Clone + From<Arranged> + Send + Sync + 'static;

    /// What the log of calls keeps: no secret, no signature, and a key id only if there is such a key.
    fn note(sim: &Sim, request: Option<&Self::Request>) -> NewCall;

    /// Lets a request in, or tells why not.
    fn admit(sim: &mut Sim, request: &Self::Request, now: Millis) -> Result<Self::Caller, Self::Failure>;

    /// What the call is about, for the fault that may meet it.
    fn subject<'a>(caller: &'a Self::Caller, request: &'a Self::Request) -> Subject<'a>;

    /// Does what is asked; a write with a failure is accepted and comes to nothing.
    fn perform(
        sim: &mut Sim,
        caller: &Self::Caller,
        request: &Self::Request,
        task_failure: Option<String>,
        now: Millis,
    ) -> Result<Self::Fields, Self::Failure>;

    /// What the API answers.
    fn answer(sim: &Sim, request: Option<&Self::Request>, outcome: Result<Self::Fields, Self::Failure>) -> Answer;
}

/// The actions of an API, by their own names.
macro_rules! actions {
    ($(#[$doc:meta])* pub enum Action { $($(#[$page:meta])* $name:ident,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Action {
            $($(#[$page])* $name,)*
        }

        impl Action {
            /// The action of this name.
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($name) => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// Its name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

pub(crate) use actions;

/// A call that was let in, and the fault that it meets.
struct Admitted<D: Dialect> {
    caller: D::Caller,
    fault: Option<Effect>,
}

/// What the API decided, and how it is to be told.
struct Reply {
    number: u64,
    code: Option<Code>,
    answer: Answer,
    fault: Option<Effect>,
    wait: Millis,
}

/// Answers a request, or what could be read of it.
pub async fn serve<D: Dialect>(shared: Shared, request: Result<D::Request, D::Failure>) -> Response<Body> {
    // In a task of its own: a client that hangs up does not keep the cloud from carrying a call out.
    let reply = tokio::spawn(reply::<D>(shared, request));
    reply.await.unwrap_or_else(|_| faulty::cut(Cut::Close))
}

async fn reply<D: Dialect>(shared: Shared, request: Result<D::Request, D::Failure>) -> Response<Body> {
    let (number, admitted) = shared.with(|sim, now| arrive::<D>(sim, &request, now));
    if let Ok(Admitted { fault: Some(fault), .. }) = &admitted {
        sleep(Duration::from_millis(fault.delay(Moment::Before))).await;
    }
    let reply = shared.with(|sim, now| carry_out::<D>(sim, number, &request, admitted, now));
    sleep(Duration::from_millis(reply.wait)).await;
    shared.with(|sim, now| {
        sim.calls.end(reply.number, reply.code, faulty::end(reply.fault.as_ref()), now);
        let date = faulty::shown_clock(now, sim.traffic.clock_skew_ms);
        faulty::response(reply.answer, reply.fault.as_ref(), date)
    })
}

/// Notes a call and lets it in.
fn arrive<D: Dialect>(
    sim: &mut Sim,
    request: &Result<D::Request, D::Failure>,
    now: Millis,
) -> (u64, Result<Admitted<D>, D::Failure>) {
    let number = sim.calls.begin(D::note(sim, request.as_ref().ok()), now);
    let admitted = request.as_ref().map_err(Clone::clone).and_then(|request| {
        let caller = D::admit(sim, request, now)?;
        let fault = sim.faults.strike(&D::subject(&caller, request));
        Ok(Admitted { caller, fault })
    });
    (number, admitted)
}

fn carry_out<D: Dialect>(
    sim: &mut Sim,
    number: u64,
    request: &Result<D::Request, D::Failure>,
    admitted: Result<Admitted<D>, D::Failure>,
    now: Millis,
) -> Reply {
    let fault = admitted.as_ref().ok().and_then(|admitted| admitted.fault.clone());
    let request = request.as_ref().map_err(Clone::clone);
    let (latency, outcome) = match (request.clone(), admitted) {
        (Err(failure), _) | (Ok(_), Err(failure)) => (0, Err(failure)),
        (Ok(request), Ok(admitted)) => {
            let action = D::subject(&admitted.caller, request).action.to_owned();
            (sim.traffic.latency(&action), perform(sim, &admitted, request, now))
        }
    };
    let answer = D::answer(sim, request.ok(), outcome);
    let code = (!faulty::comes_before(fault.as_ref())).then(|| answer.code.clone());
    let delay = fault.as_ref().map_or(0, |fault| fault.delay(Moment::After));
    tracing::debug!(number, code = code.as_ref().map(ToString::to_string), ?fault, "call");
    Reply { number, code, answer, fault, wait: latency + delay }
}

/// Does what is asked, unless a fault comes before.
fn perform<D: Dialect>(
    sim: &mut Sim,
    admitted: &Admitted<D>,
    request: &D::Request,
    now: Millis,
) -> Result<D::Fields, D::Failure> {
    let Admitted { caller, fault } = admitted;
    if faulty::comes_before(fault.as_ref()) {
        return Ok(D::Fields::default());
    }
    if let Some(Effect::Answer(arranged)) = fault {
        if arranged.carried_out {
            // Whatever comes of it, the caller hears what was arranged.
            drop(D::perform(sim, caller, request, None, now));
        }
        return Err(arranged.clone().into());
    }
    D::perform(sim, caller, request, fault.as_ref().and_then(Effect::task_failure).map(str::to_owned), now)
}
