//! `traced`: someone traces an important process, and so can read and change everything it does. Often it
//! is a forgotten debugger or `strace`.

use procwarden::host::names;
use procwarden::proc::describe;
use procwarden::proc::fact::Fact;
use procwarden::proc::process::Process;
use procwarden::proc::root::Pid;
use procwarden::text::escape;

use super::answer::Answer;
use super::inspector::Inspector;

pub(crate) fn ask(inspector: &Inspector, process: &mut Process<'_>) -> Fact<Answer> {
    let tracer = process.status()?.tracer;
    if tracer == 0 {
        return Ok(Answer::Kept);
    }
    let who = &inspector.who;
    if !who.is_system_user(process)? && !who.is_privileged(process)? {
        return Ok(Answer::NotAsked);
    }
    let mut tracer = Process::new(process.root(), Pid(tracer));
    let user = tracer.owner().map(|owner| escape::text(names::user(owner.uid).as_bytes()));
    let name = describe::name(&mut tracer);
    let user = user.map(|user| format!(", user {user}")).unwrap_or_default();
    let text = format!("traced by {name} (pid {}{user}); end it if it was forgotten", tracer.pid());
    Ok(Answer::of(Some(text)))
}
