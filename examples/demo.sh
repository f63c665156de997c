#!/usr/bin/env bash
# Shows what the operator does, on a Kubernetes control plane and a cloud that live as long as this script.
#
#   examples/demo.sh demo    step by step, then everything stops     (make demo)
#   examples/demo.sh dev     the same set-up, left up until Ctrl-C   (make dev)
#
# BIN                  the directory of classiclink-operator, classiclink-sim and control-plane; target/debug if unset
# CLUSTER_KUBECONFIG   a test cluster to use, with kubectl from PATH, instead of a control plane started for this
#
# The operator runs here as a process, with the rights of its service account as deploy/ gives them, and its intervals
# divided by 20. No step sleeps: each waits for what it shows, at most 30 seconds.
set -euo pipefail

readonly PATIENCE=30s
readonly NAMESPACE=classiclink-demo
readonly SYSTEM=classiclink-system

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BIN=$(cd "${BIN:-$ROOT/target/debug}" && pwd)
work='' operator='' simulator='' watchdog='' attended='' applied='' step=set-up
vpc_api='' control=''

main() {
    local mode=${1:-demo} inside=${2:-}
    [[ $mode == demo || $mode == dev ]] || { echo "usage: ${BASH_SOURCE[0]} demo|dev" >&2; exit 2; }
    # Never the cluster that the caller's kubectl happens to point at.
    if [[ -n ${CLUSTER_KUBECONFIG:-} ]]; then
        export KUBECONFIG=$CLUSTER_KUBECONFIG
        refuse_a_cluster_in_use
    elif [[ -z $inside ]]; then
        exec "$BIN/control-plane" run -- "$ROOT/examples/demo.sh" "$mode" inside
    fi

    trap 'clean_up $?' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
    work=$(mktemp -d)
    echo 'Starting a simulated cloud, preparing the cluster, starting the operator.'
    start_simulator
    prepare_cluster
    start_operator
    "$mode"
}

# --- the story -------------------------------------------------------------------------------------------------------

demo() {
    title 1 'Apply three links: they are made.'
    apply_examples
    show_links
    explain 'Ready is True because each link was seen in the list of the cloud, not because a call succeeded.'

    title 2 'The private address of a machine changes: its link is dead, and made anew.'
    local before after=10.66.0.200
    before=$(field web .status.link.privateIp)
    change_in_cloud POST /machines/ins-demo0001/change-ip "{\"ip\":\"$after\"}"
    await clink/web --for=jsonpath='{.status.link.privateIp}'="$after"
    await clink/web --for=condition=Ready
    show_links web
    expect_in_cloud ins-demo0001 vpc-demo0001
    show_event PrivateIpChanged web
    explain "The dead record of $before was detached, seen gone, and the link attached for $after."

    title 3 'Someone removes the link by hand: it is attached again.'
    before=$(field web .status.link.since)
    change_in_cloud DELETE /links/ins-demo0001
    until_true made_after web "$before"
    await clink/web --for=condition=Ready
    show_links web
    expect_in_cloud ins-demo0001 vpc-demo0001
    show_event LinkLost web
    explain 'An object that wants a link gets it back. To have it gone, delete the object.'

    title 4 'The VPC in the object is edited: the link moves.'
    run kubectl patch clink web --type=merge --patch '{"spec":{"vpcId":"vpc-demo0002"}}'
    await clink/web --for=jsonpath='{.status.link.vpcId}'=vpc-demo0002
    await clink/web --for=condition=Ready
    show_links web
    expect_in_cloud ins-demo0001 vpc-demo0002
    explain 'A machine has one link at a time: it was detached, seen gone, and attached to the other VPC.'

    title 5 'A machine is returned to the cloud: its object goes.'
    change_in_cloud POST /machines/ins-demo0003/return
    await clink/worker --for=condition=Ready=False
    run kubectl get clink
    change_in_cloud POST /machines/ins-demo0003/destroy
    await clink/worker --for=delete
    run kubectl get clink
    show_event InstanceReturned worker
    explain 'In the recycle bin it may come back, so the object stays; it goes once the machine is proven gone.'

    title 6 'An object is deleted: its link is detached, then its finalizer goes.'
    run kubectl delete clink web --timeout="$PATIENCE"
    expect_in_cloud ins-demo0001 ''
    explain 'The cloud no longer lists a link of ins-demo0001.'

    title 7 'An object with deletionPolicy: Retain is deleted: its link stays.'
    run kubectl delete clink database --timeout="$PATIENCE"
    expect_in_cloud ins-demo0002 vpc-demo0001
    show_event LeftInPlace database
    explain 'The cloud still lists the link of ins-demo0002 to vpc-demo0001.'
    printf '\nThat was all.\n'
}

dev() {
    apply_examples
    show_links
    cat <<TEXT

The control plane, the cloud and the operator run until Ctrl-C. In another terminal:

  export KUBECONFIG=$work/kubeconfig
  $(command -v kubectl) get clink -o wide --watch

Simulator, control API: $control
Operator's log:         $work/operator.log
TEXT
    step='staying up'
    wait "$operator"
    fail 'the operator ended'
}

apply_examples() {
    local manifest
    kubectl apply -f "$ROOT/examples/secret.yaml"
    # The account as it stands in examples/, but with the simulator for a cloud.
    kubectl patch --local -f "$ROOT/examples/account.yaml" --type=merge -o yaml \
        --patch "{\"spec\":{\"endpoints\":{\"vpc\":\"$vpc_api\",\"cvm\":\"$vpc_api\"}}}" | kubectl apply -f -
    for manifest in link link-retain link-defaults; do
        run kubectl apply -f "examples/$manifest.yaml"
    done
    await cloudaccount/tencent --for=condition=Ready
    await clink --all --for=condition=Ready
}

# --- the cloud -------------------------------------------------------------------------------------------------------

# What happens in the cloud behind the operator's back, through the control API of the simulator (sim/README.md).
cloud() {
    local method=$1 path=$2
    shift 2
    curl --fail-with-body --silent --show-error --noproxy '*' --max-time 10 --request "$method" "$@" "$control$path"
}

change_in_cloud() {
    printf '[in the cloud] %s %s %s\n' "$1" "$2" "${3:-}"
    cloud "$1" "$2" --data "${3:-}" >/dev/null
}

# The VPC that the cloud itself says a machine is linked to; nothing if to none.
link_in_cloud() { cloud GET "/machines/$1" | sed -n 's/.*"link":{[^}]*"vpcId":"\([^"]*\)".*/\1/p'; }

expect_in_cloud() {
    local vpc
    vpc=$(link_in_cloud "$1")
    [[ $vpc == "$2" ]] || fail "the cloud has a link of $1 to '$vpc', not to '$2'"
}

# --- what is shown ---------------------------------------------------------------------------------------------------

title() {
    step="step $1"
    printf '\n%s%s. %s%s\n' "$bold" "$1" "$2" "$plain"
}

explain() { printf '%s→ %s%s\n' "$dim" "$*" "$plain"; }

run() {
    local word line='$'
    for word in "$@"; do
        [[ $word != *[\{\ ]* ]] || word="'$word'"
        line+=" $word"
    done
    echo "$line"
    attend "$@"
}

# The table; and which address each link was made for.
show_links() {
    run kubectl get clink "$@"
    kubectl get clink "$@" --no-headers \
        -o custom-columns='N:.metadata.name,V:.status.link.vpcId,I:.status.link.privateIp,O:.status.link.origin' |
        while read -r name vpc address origin; do
            echo "  $name: linked to $vpc for $address, origin $origin"
        done
}

show_event() {
    until_true has_event "$1" "$2"
    kubectl get events --field-selector "reason=$1,involvedObject.name=$2" \
        -o custom-columns='EVENT:.reason,OBJECT:.involvedObject.name,MESSAGE:.message'
}

has_event() {
    [[ -n $(kubectl get events --field-selector "reason=$1,involvedObject.name=$2" -o name) ]]
}

field() { kubectl get clink "$1" -o jsonpath="{$2}"; }

made_after() {
    local since
    since=$(field "$1" .status.link.since)
    [[ -n $since && $since != "$2" ]]
}

if [[ -t 1 ]]; then bold=$'\e[1m' dim=$'\e[36m' plain=$'\e[0m'; else bold='' dim='' plain=''; fi

# --- waiting ---------------------------------------------------------------------------------------------------------

# Runs a command so that a signal, or the end of the operator, is answered at once and not when the command ends.
attend() {
    local status=0
    "$@" &
    attended=$!
    wait -n "$attended" ${operator:+"$operator"} || status=$?
    operator_lives || fail 'the operator ended'
    attended=''
    return "$status"
}

operator_lives() { [[ -z $operator ]] || kill -0 "$operator" 2>/dev/null; }

await() { attend kubectl wait "$@" --timeout="$PATIENCE" >/dev/null; }

until_true() {
    local deadline=$((SECONDS + ${PATIENCE%s}))
    until "$@"; do
        ((SECONDS < deadline)) || fail "waited $PATIENCE in vain for: $*"
        operator_lives || fail 'the operator ended'
        sleep 0.2
    done
}

fail() {
    echo "$*" >&2
    exit 1
}

# --- processes -------------------------------------------------------------------------------------------------------

# The simulator ends when its standard input does, the watchdog ends the operator: both hang on a pipe that nothing but
# this script holds open, so that not even a killed script leaves a process behind.
start_simulator() {
    mkfifo "$work/alive" "$work/ready"
    exec 8<>"$work/alive"
    # A process group of its own: Ctrl-C is for this script, which stops the others in order.
    set -m
    "$BIN/classiclink-sim" --listen 127.0.0.1:0 --control 127.0.0.1:0 --seed "$ROOT/sim/seeds/demo.yaml" \
        --stop-with-stdin <"$work/alive" >"$work/ready" 2>"$work/simulator.log" 8>&- &
    simulator=$!
    set +m
    exec 7<"$work/ready"
    local line
    read -r -t "${PATIENCE%s}" line <&7 || fail 'the simulator did not start'
    vpc_api=$(sed -n 's/.*"tencentV3":"\([^"]*\)".*/\1/p' <<<"$line")
    control=$(sed -n 's/.*"control":"\([^"]*\)".*/\1/p' <<<"$line")
    [[ -n $vpc_api && -n $control ]] || fail "the simulator said: $line"
}

prepare_cluster() {
    # A context of our own, so that kubectl needs no --namespace here and in the caller's other terminal.
    kubectl config view --raw --minify --flatten >"$work/kubeconfig"
    chmod 600 "$work/kubeconfig"
    export KUBECONFIG=$work/kubeconfig
    kubectl config set-context --current --namespace="$NAMESPACE" >/dev/null
    applied=yes
    kubectl apply -f "$ROOT/crds" >/dev/null
    await crd/classiclinks.classiclink.dev crd/cloudaccounts.classiclink.dev --for=condition=Established
    kubectl apply -f "$ROOT/deploy/00-namespace.yaml" -f "$ROOT/deploy/10-rbac.yaml" >/dev/null
    kubectl create namespace "$NAMESPACE" >/dev/null
}

# With the rights of its service account, not with ours.
start_operator() {
    local token config=$work/operator.kubeconfig
    token=$(kubectl create token classiclink-operator --namespace "$SYSTEM" --duration=24h)
    (
        umask 077
        cp "$work/kubeconfig" "$config"
        export KUBECONFIG=$config
        kubectl config set-credentials operator --token="$token"
        kubectl config set-context --current --user=operator
    ) >/dev/null
    set -m
    KUBECONFIG=$config "$BIN/classiclink-operator" --namespace "$SYSTEM" --log-format pretty \
        --admin-address 127.0.0.1:0 --allow-insecure-endpoints --time-scale 20 \
        >"$work/operator.log" 2>&1 </dev/null 7<&- 8>&- &
    operator=$!
    { cat <"$work/alive"; kill "$operator"; rm -rf "$work"; } >/dev/null 2>&1 7<&- 8>&- &
    watchdog=$!
    set +m
}

stop() {
    local pid=$1 tries=50
    [[ -n $pid ]] || return 0
    kill "$pid" 2>/dev/null || return 0
    while ((tries-- > 0)) && kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
}

clean_up() {
    local status=$1
    trap '' INT TERM HUP
    trap - EXIT
    set +e
    [[ -z $attended ]] || kill "$attended" 2>/dev/null
    if ((status != 0 && status < 128)); then
        printf '\nfailed at: %s\n' "$step" >&2
        [[ -z $applied ]] || kubectl get clink,cloudaccounts -o wide >&2
        tell simulator
        tell operator
    fi
    [[ -z ${CLUSTER_KUBECONFIG:-} || -z $applied ]] || leave_cluster >&2
    # The watchdog first: it is a process group, of which the pipe's reader is a part.
    [[ -z $watchdog ]] || kill -- "-$watchdog" 2>/dev/null
    stop "$operator"
    stop "$simulator"
    [[ -z $work ]] || rm -rf "$work"
    exit "$status"
}

tell() {
    [[ -s $work/$1.log ]] || return 0
    printf -- '--- the end of the log of the %s:\n' "$1" >&2
    tail -n 40 "$work/$1.log" >&2
}

# --- somebody else's cluster -----------------------------------------------------------------------------------------

# Its operator would take up our objects, and ours theirs.
refuse_a_cluster_in_use() {
    local there
    there=$(kubectl get crd/classiclinks.classiclink.dev crd/cloudaccounts.classiclink.dev "namespace/$SYSTEM" \
        "namespace/$NAMESPACE" --ignore-not-found -o name)
    [[ -z $there ]] || fail "this cluster has ClassicLink installed, or the rest of an earlier demo:
$there
The demo needs a cluster without."
}

# Links, then accounts, then the rest: the operator still runs. What it does not finish is let go: the cloud is a
# simulator that ends with us.
leave_cluster() {
    local object patience=20s
    operator_lives || patience=1s
    printf '\nRemoving what was applied.\n'
    kubectl delete clink --all --timeout="$patience"
    kubectl delete cloudaccount tencent --ignore-not-found --timeout="$patience"
    for object in $(kubectl get clink,cloudaccount -o name); do
        kubectl patch "$object" --type=merge --patch '{"metadata":{"finalizers":null}}'
    done
    kubectl delete namespace "$NAMESPACE" --ignore-not-found --timeout=60s
    kubectl delete -f "$ROOT/deploy/10-rbac.yaml" -f "$ROOT/deploy/00-namespace.yaml" --ignore-not-found --timeout=60s
    kubectl delete -f "$ROOT/crds" --ignore-not-found --timeout=30s
}

cd "$ROOT"
main "$@"
