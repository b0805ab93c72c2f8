#include "core/serve/daemon.h"

#include <psabridge/abi.h>

#include <algorithm>
#include <array>
#include <exception>
#include <functional>
#include <random>

#include "core/base/time.h"
#include "core/config/endpoint.h"
#include "core/serve/metric_catalog.h"
#include "core/serve/pipeline_applier.h"
#include "core/serve/process_metrics.h"
#include "core/webhook/own_webhook.h"

namespace psabridge::serve {
namespace {

namespace json = boost::json;

constexpr std::size_t kWorkers = 4;            // a connection's, that apply events side by side
constexpr int kPollShare = 4;                  // polls are so much rarer while webhooks bring the changes
constexpr Milliseconds kEndOfRequests{5'000};  // for deliveries that have begun when the daemon stops
constexpr Milliseconds kSecond{1'000}, kHalfMinute{30'000};
constexpr Milliseconds kSendEvery{3'000};
constexpr Milliseconds kQueueStuck = std::chrono::minutes{10};
constexpr int kPruneSteps = 50;  // of one look; the rest follows with the next

/// The receiver's bounds in the unit of the metric.
constexpr auto kAckSeconds = [] {
  std::array<double, webhook::kAcknowledgeBounds.size()> seconds{};
  for (std::size_t i = 0; i < seconds.size(); ++i)
    seconds[i] = static_cast<double>(webhook::kAcknowledgeBounds[i].count()) / 1000;
  return seconds;
}();

/// The connection cannot be used now, which somebody knows or has been told already.
bool is_closed(std::string_view code) {
  return code == "PB1906" || code == "PB1907" || code == "PB1908" || code == "PB1410";
}

std::vector<const config::Pipeline*> pipelines_of(const config::Config& config,
                                                  const std::string& connection) {
  std::vector<const config::Pipeline*> pipelines;
  for (const config::Pipeline& pipeline : config.pipelines)
    if (pipeline.connection == connection) pipelines.push_back(&pipeline);
  return pipelines;
}

std::string url_of(const std::string& at, std::uint16_t port, bool tls) {
  return (tls ? "https://" : "http://") + at.substr(0, at.rfind(':') + 1) + std::to_string(port);
}

net::ServerAnswer plain_text(int status, std::string text) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(text) + "\n"};
}

}  // namespace

/// A connection that takes webhooks: what its events are decoded and applied with.
struct Daemon::Line {
  Line(const pipeline::Premises& premises, const config::Connection& its_connection,
       connection::Memory& memory)
      : connection(its_connection),
        pipelines(pipelines_of(premises.config, its_connection.name)),
        services(its_connection, premises.installation, memory, connection::Purpose::event,
                 premises.limiter(its_connection)),
        connector(premises.registry.make_connector(
            its_connection.connector, json::serialize(its_connection.settings.values), services)),
        filter(pipelines, connector->profile()) {}

  const config::Connection& connection;
  const std::vector<const config::Pipeline*> pipelines;
  connection::Services services;
  std::unique_ptr<plugin::Connector> connector;
  const EventFilter filter;
  std::atomic<bool> sends = true;  ///< as far as is known, the source's webhook is there and active
};

// --- from start to stop ---

Daemon::Daemon(const pipeline::Premises& premises, std::string version, Systemd& systemd)
    : premises_(premises),
      version_(std::move(version)),
      systemd_(systemd),
      clock_(premises.installation.clock),
      started_at_(clock_.now()),
      progress_(clock_),
      keys_(premises.config, premises.installation.secrets, premises.installation.vault,
            premises.installation.redactor, clock_),
      receiver_(keys_,
                {[this](store::Delivery delivery, store::Journal::Done done) {
                   return journal_.accept(std::move(delivery), std::move(done));
                 },
                 [this] { return journal_.full(); },
                 [this](const webhook::RefusedDelivery& refused) {
                   log(PSABRIDGE_DEBUG, "A delivery for \"" + std::string(refused.connection) + "\" from " +
                                            std::string(refused.peer) + " was refused (" +
                                            std::string(webhook::name_of(refused.reason)) + ", request " +
                                            std::string(refused.request) + ") " +
                                            std::string(refused.detail));
                 }},
                clock_),
      journal_(premises.config.store, clock_),
      reader_(premises.config.store),
      runs_(premises.store, clock_),
      alarms_(clock_, [this](const plugin::Alert& alert) { return send(alert); }),
      gaps_(journal_, premises.config.store, clock_),
      page_([this](std::string_view part, std::string_view why) {
        log(PSABRIDGE_ERROR, "No figures of " + std::string(part) + ": " + std::string(why));
      }) {
  const std::uint64_t seed = std::random_device{}();
  processor_.emplace(
      journal_, open_lines(), ProcessorOptions{.seed = seed}, clock_,
      [this](const SettledEvent& event) { metrics_.settled(event); },
      [this](const std::string& connection, const Error& error) {
        log(PSABRIDGE_WARNING, connection.empty() ? "Events cannot be processed: " + error.message()
                                                  : "Events of " + connection + " wait: " + error.message());
      });
  page_.add("daemon", [this](MetricsText& text) { collect(text); });
  page_.add("outbox", [this](MetricsText& text) { collect_outbox(text); });
  listen();
  scheduler_.emplace(jobs(), clock_, seed, [this](const std::string& name, const RunEnd& end) {
    log(PSABRIDGE_ERROR, "Pipeline " + name + ": " + end.code + ": " + end.reason);
  });
  if (const auto period = systemd_watchdog_period())
    watchdog_.emplace(systemd_, clock_, *period,
                      [this](const std::string& what) { log(PSABRIDGE_ERROR, what); });
  if (watchdog_) {
    events_pulse_ = watchdog_->watch("events");
    processor_->on_beat([this] { events_pulse_->beat(); });
  }
  housekeeper_ = std::thread(&Daemon::keep_house, this);
}

Daemon::~Daemon() { stop(); }

void Daemon::stop() {
  if (stopping_.exchange(true)) return;
  // First the door, so that what is accepted from here on is finished; then the work behind it.
  if (webhook_server_) webhook_server_->stop(kEndOfRequests);
  std::thread polls([this] { scheduler_->stop(); });
  processor_->stop();
  polls.join();
  housekeeper_.join();
  events_pulse_.reset();
  watchdog_.reset();
  status_server_->stop(Milliseconds{0});
  try {
    runs_.end_all();
  } catch (const Error& error) {
    log(PSABRIDGE_ERROR, error.message());
  }
}

std::vector<EventLane> Daemon::open_lines() {
  std::vector<EventLane> lanes;
  for (const config::Connection& connection : premises_.config.connections) {
    if (connection.webhook.auth.empty()) continue;
    auto opened = std::make_unique<Line>(premises_, connection, memory_);
    Line& line = *opened;
    if (!line.connector->has_webhooks())
      throw Error("PB2101", "The connection " + connection.name + " has `webhook`, and its connector " +
                                connection.connector + " offers no webhooks.");
    lines_.emplace(connection.name, std::move(opened));
    EventLane lane;
    lane.connection = connection.name;
    lane.decode = [&line](std::string_view body, const plugin::Stop& stop) {
      return line.connector->decode(body, stop);
    };
    lane.objection = [&line](const store::Event& event) { return line.filter.objection(event); };
    for (std::size_t i = 0; i < kWorkers; ++i)
      lane.appliers.push_back(
          std::make_unique<PipelineApplier>(premises_, line.pipelines, line.filter, line.services, runs_));
    lanes.push_back(std::move(lane));
  }
  return lanes;
}

void Daemon::listen() {
  const config::Serve& serve = premises_.config.serve;
  if (!lines_.empty()) {
    const config::Endpoint at = *config::parse_endpoint(serve.listen);  // the configuration was checked
    net::ServerOptions options;
    options.host = at.host;
    options.port = at.port;
    options.certificate = serve.certificate;
    options.key = serve.key;
    options.connections = serve.connections;
    options.connections_per_address = serve.connections_per_address;
    options.body_limit = serve.body_limit;
    webhook_server_ = std::make_unique<net::HttpServer>(
        std::move(options), [this](const net::RequestHead& head) { return receiver_.look(head); },
        [this](const net::RequestHead& head, std::string body, net::Reply reply) {
          receiver_.take(head, std::move(body), std::move(reply));
        });
  }
  const config::Endpoint at = *config::parse_endpoint(serve.status);
  net::ServerOptions options;
  options.host = at.host;
  options.port = at.port;
  options.body_limit = 1024;
  status_server_ = std::make_unique<net::HttpServer>(
      std::move(options), [](const net::RequestHead&) { return std::nullopt; },
      [this](const net::RequestHead& head, const std::string&, const net::Reply& reply) {
        reply(answer_status(head));
      });
}

std::uint16_t Daemon::webhook_port() const { return webhook_server_ ? webhook_server_->port() : 0; }
std::uint16_t Daemon::status_port() const { return status_server_->port(); }

std::string Daemon::listening() const {
  const config::Serve& serve = premises_.config.serve;
  const std::string status = "health and metrics at " + url_of(serve.status, status_port(), false);
  if (!webhook_server_) return "no webhooks (no connection takes them), " + status;
  return "webhooks at " + url_of(serve.listen, webhook_port(), !serve.certificate.empty()) + ", " + status;
}

// --- polls ---

std::vector<Job> Daemon::jobs() {
  std::vector<Job> jobs;
  for (const config::Pipeline& pipeline : premises_.config.pipelines)
    jobs.push_back({.name = pipeline.name,
                    .group = pipeline.connection,
                    .interval = [this, &pipeline] { return interval_of(pipeline); },
                    .work = [this, &pipeline](Reason, const plugin::Stop& stop) { poll(pipeline, stop); }});
  for (const config::Pipeline& pipeline : premises_.config.pipelines) {
    if (pipeline.write_back.fields.empty()) continue;
    const config::Connection& connection = *premises_.config.find_connection(pipeline.connection);
    const auto& sender = senders_[pipeline.name] =
        std::make_unique<writeback::Sender>(pipeline, connection, premises_.registry, premises_.installation,
                                            premises_.store, premises_.limiter(connection));
    const std::string name = "write-back of " + connection.name;
    jobs.push_back(
        {.name = name,
         .group = name,  // a long sync does not hold up what goes back
         .interval = [] { return kSendEvery; },
         .work = [this, &sender = *sender, &connection](
                     Reason, const plugin::Stop& stop) { send_back(sender, connection.name, stop); }});
  }
  return jobs;
}

Milliseconds Daemon::interval_of(const config::Pipeline& pipeline) {
  const auto line = lines_.find(pipeline.connection);
  if (line == lines_.end() || !line->second->sends) return pipeline.every;
  try {
    if (!gaps_.trust(pipeline).enough) return pipeline.every;
  } catch (const Error& error) {
    log(PSABRIDGE_WARNING, error.message());
    return pipeline.every;
  }
  const Milliseconds asked = pipeline.webhooks.poll;
  return asked > Milliseconds{0} ? asked : pipeline.every * kPollShare;
}

void Daemon::poll(const config::Pipeline& pipeline, const plugin::Stop& stop) {
  const Milliseconds begun = clock_.monotonic();
  try {
    pipeline::LivePipeline live(premises_, pipeline);
    PollObserver observer(pipeline.name, progress_);
    const pipeline::RunReport report = live.sync({}, observer, stop);
    metrics_.polled(report, clock_.monotonic() - begun, live.requests());
    if (const auto line = lines_.find(pipeline.connection); line != lines_.end()) {
      gaps_.polled(pipeline, line->second->filter.announced(pipeline.name), observer.changes());
      if (report.run.error_code.empty()) look_at_webhook(*line->second, stop);
    }
    if (!report.run.error_code.empty() && !is_closed(report.run.error_code))
      throw Error(report.run.error_code, report.run.error);
    log(PSABRIDGE_INFO, "Pipeline " + pipeline.name + ", run " + std::to_string(report.run.id) + ": " +
                            report.run.state + ".");
  } catch (const Error& error) {
    if (!is_closed(error.code())) throw;
    log(PSABRIDGE_INFO, "Pipeline " + pipeline.name + " is not polled: " + error.message());
  }
}

/// What fails is noted with the changes and tried again in its time, so the job itself never fails.
void Daemon::send_back(writeback::Sender& sender, const std::string& connection, const plugin::Stop& stop) {
  try {
    const writeback::SendReport report = sender.send(stop);
    const std::uint64_t settled = report.confirmed + report.conflicts + report.failed + report.dropped;
    if (settled > 0)
      log(PSABRIDGE_INFO, "Written back to " + connection + ": " + std::to_string(report.confirmed) +
                              " confirmed, " + std::to_string(report.conflicts) + " conflicts, " +
                              std::to_string(report.failed) + " refused, " + std::to_string(report.dropped) +
                              " given up.");
    if (report.failure && !is_closed(report.failure->code()))
      log(PSABRIDGE_WARNING, "Changes for " + connection + " wait: " + report.failure->message());
  } catch (const Error& error) {
    log(is_closed(error.code()) ? PSABRIDGE_DEBUG : PSABRIDGE_ERROR,
        "Changes for " + connection + " are not sent: " + error.message());
  }
}

/// Halo switches a webhook off after failures, and says so to nobody.
void Daemon::look_at_webhook(Line& line, const plugin::Stop& stop) {
  const std::string& connection = line.connection.name;
  const std::string key = "webhook:" + connection;
  try {
    const auto webhooks = line.connector->webhooks(stop);
    const std::string name = webhook::own_name(line.connection);
    const auto ours = std::ranges::find(webhooks, name, &plugin::Webhook::name);
    line.sends = ours != webhooks.end() && ours->active;
    if (line.sends)
      alarms_.clear(key);
    else if (ours == webhooks.end())
      raise(key, "PB2107", {}, "The source of " + connection + " has no webhook \"" + name + "\".",
            "Polls bring the changes meanwhile. `psabridge webhooks create " + connection + "` makes it.");
    else
      raise(key, "PB2108", {}, "The webhook of " + connection + " does not send.",
            "The source says: " + ours->trouble +
                " Polls bring the changes meanwhile. `psabridge webhooks check " + connection +
                "` looks for the cause, `webhooks recreate` switches it on again.");
  } catch (const Error& error) {
    log(PSABRIDGE_INFO,
        "Whether the webhook of " + connection + " is active could not be found out: " + error.message());
  }
}

std::unique_ptr<Scheduler::Pause> Daemon::alone() { return std::make_unique<Scheduler::Pause>(*scheduler_); }

void Daemon::reload_events() { processor_->reload(); }

// --- alarms ---

/// True when one channel at least was told, or when there is none: then the log is all there is.
bool Daemon::send(const plugin::Alert& alert) {
  bool told = false, any = false;
  for (const config::Pipeline& pipeline : premises_.config.pipelines) {
    if (!alert.pipeline.empty() && alert.pipeline != pipeline.name) continue;
    for (const config::RoleUse& use : pipeline.notify) {
      any = true;
      try {
        const config::Connection& connection = *premises_.config.find_connection(pipeline.connection);
        connection::Services services(connection, premises_.installation, memory_, connection::Purpose::event,
                                      premises_.limiter(connection));
        premises_.registry.make_notifier(use.use, json::serialize(use.settings.values), services)
            ->send(alert, [this] { return stopping_.load(); });
        told = true;
      } catch (const Error& error) {
        log(PSABRIDGE_ERROR, "An alert could not be sent by " + use.use + ": " + error.message());
      }
    }
  }
  log(alert.level, alert.title + " " + alert.text);
  return told || !any;
}

void Daemon::raise(const std::string& key, std::string_view code, const std::string& pipeline,
                   std::string title, std::string text) {
  alarms_.raise(key, {PSABRIDGE_WARNING, std::string(code), pipeline, std::move(title), std::move(text),
                      clock_.now().time_since_epoch().count()});
}

// --- house-keeping ---

void Daemon::keep_house() {
  const auto pulse = watchdog_ ? watchdog_->watch("house-keeping") : nullptr;
  Milliseconds looked{0};
  const auto stop = [this] { return stopping_.load(); };
  systemd_.ready();
  systemd_.status("Serving " + listening());
  while (!stopping_) {
    if (pulse) pulse->beat();
    try {
      every_second();
      if (looked == Milliseconds{0} || clock_.monotonic() - looked >= kHalfMinute) {
        looked = clock_.monotonic();
        every_half_minute();
      }
    } catch (const std::exception& error) {
      log(PSABRIDGE_ERROR, std::string("House-keeping: ") + error.what());
    }
    clock_.sleep(kSecond, stop);
  }
}

void Daemon::refresh_secrets() {
  const std::lock_guard lock(keys_mutex_);
  keys_.refresh();
}

void Daemon::every_second() {
  refresh_secrets();
  for (const auto& [connection, gate] : *keys_.gates()) {
    const std::string key = "webhook-secret:" + connection;
    if (gate.trouble.empty())
      alarms_.clear(key);
    else
      raise(key, "PB2111", {}, "Deliveries of " + connection + " cannot be judged.", gate.trouble);
  }
  look_at_journal();
  alarms_.deliver();
}

void Daemon::look_at_journal() {
  const std::string trouble = journal_.trouble();
  if (trouble.empty())
    alarms_.clear("journal");
  else
    raise("journal", "PB1306", {}, "Deliveries cannot be stored.", trouble);
}

void Daemon::every_half_minute() {
  look_at_gaps();
  runs_.end_old();
  const config::Serve& serve = premises_.config.serve;
  const store::Retention retention{serve.keep_events, serve.keep_dead, serve.most_events};
  for (int step = 0; step < kPruneSteps && !stopping_ && journal_.prune(retention); ++step) {
  }
  store::JournalFigures figures;
  {
    const std::lock_guard lock(reader_mutex_);
    figures = reader_.figures();
  }
  const auto oldest = parse_time(figures.oldest_open_at);
  if (oldest && clock_.now() - *oldest > kQueueStuck)
    raise("queue", "PB2105", {}, "Events wait to be processed.",
          std::to_string(figures.open) + " events wait, the oldest since " + figures.oldest_open_at +
              ". `psabridge events list --state waiting` shows why.");
  else
    alarms_.clear("queue");
}

void Daemon::look_at_gaps() {
  if (lines_.empty()) return;
  for (const store::Gap& gap : gaps_.judge())
    log(PSABRIDGE_WARNING, "Polling found a change of " + gap.entity + " " + gap.source_id + " of " +
                               gap.connection + " (" + gap.changed_at + ") that no webhook announced.");
  for (const config::Pipeline& pipeline : premises_.config.pipelines) {
    if (!lines_.contains(pipeline.connection)) continue;
    const Trust trust = gaps_.trust(pipeline);
    const std::string key = "missed:" + pipeline.name;
    auto& trusted = trusted_.try_emplace(pipeline.name, true).first->second;
    if (trust.enough) {
      alarms_.clear(key);
    } else {
      raise(key, "PB2109", pipeline.name, "Webhooks of " + pipeline.connection + " are not complete.",
            std::to_string(trust.missed) + " changes of the last hour came without a webhook, " +
                std::to_string(trust.announced) +
                " objects were announced. Polling is as frequent as without webhooks until this is better; "
                "`psabridge webhooks check " +
                pipeline.connection + "` looks for the cause.");
      if (trusted) scheduler_->order(pipeline.name);  // the wait that has begun was for better webhooks
    }
    trusted = trust.enough;
  }
}

// --- what it shows ---

/// Why it is not ready to serve; empty when it is.
std::string Daemon::ill_reason() {
  if (stopping_) return "stopping";
  const std::string trouble = journal_.trouble();
  if (!trouble.empty()) return "deliveries cannot be stored: " + trouble;
  return journal_.full() ? "too many deliveries wait for the disk" : "";
}

net::ServerAnswer Daemon::answer_status(const net::RequestHead& head) {
  if (head.method != "GET" && head.method != "HEAD") {
    net::ServerAnswer refused = plain_text(405, "only GET");
    refused.headers.emplace_back("Allow", "GET, HEAD");
    return refused;
  }
  if (head.path == "/healthz") return plain_text(200, "alive");
  if (head.path == "/readyz") {
    const std::string reason = ill_reason();
    return reason.empty() ? plain_text(200, "ready") : plain_text(503, reason);
  }
  if (head.path == "/metrics")
    return {.content_type = std::string(kMetricsContentType), .body = page_.text()};
  return plain_text(404, "here are /healthz, /readyz and /metrics");
}

void Daemon::collect(MetricsText& text) {
  text.add(kBuild, {version_}, 1);
  metrics_.collect(text);
  add_process_metrics(text);
  for (const auto& [server, name] :
       {std::pair(webhook_server_.get(), "webhooks"), std::pair(status_server_.get(), "status")}) {
    if (!server) continue;
    const net::ServerFigures figures = server->figures();
    text.add(kHttpConnections, {name}, static_cast<double>(figures.connections));
    for (const auto& [refusal, count] : figures.refused)
      text.add(kHttpRefused, {name, net::name_of(refusal)}, static_cast<double>(count));
  }
  for (const auto& [connection, figures] : receiver_.figures()) {
    text.add(kWebhookRequests, {connection, "accepted", ""}, static_cast<double>(figures.accepted));
    text.add(kWebhookRequests, {connection, "duplicate", ""}, static_cast<double>(figures.duplicates));
    for (const auto& [reason, count] : figures.refused)
      text.add(kWebhookRequests, {connection, "refused", webhook::name_of(reason)},
               static_cast<double>(count));
    if (connection.empty()) continue;
    Distribution times{
        kAckSeconds, {figures.acknowledged.counts.begin(), figures.acknowledged.counts.end()}, 0};
    times.sum = static_cast<double>(figures.acknowledged.sum.count()) / 1000;
    text.add(kWebhookAckDuration, {connection}, times);
  }
  for (const auto& [connection, missed] : gaps_.missed())
    text.add(kWebhookMissed, {connection}, static_cast<double>(missed));
  for (const config::Connection& connection : premises_.config.connections)
    text.add(kSourceBudget, {connection.name}, premises_.limiter(connection)->budget().available);
  store::JournalFigures figures;
  {
    const std::lock_guard lock(reader_mutex_);
    figures = reader_.figures();
  }
  for (const auto& [state, count] : figures.by_state)
    text.add(kQueueDepth, {store::name_of(state)}, static_cast<double>(count));
  const auto oldest = parse_time(figures.oldest_open_at);
  const Milliseconds age = oldest ? clock_.now() - *oldest : Milliseconds{0};
  text.add(kQueueOldestAge, {}, static_cast<double>(age.count()) / 1000);
}

void Daemon::collect_outbox(MetricsText& text) {
  const store::OutboxFigures figures = store::open_reader(premises_.config.store)->outbox().figures();
  for (const auto& [state, count] : figures.by_state)
    text.add(kOutboxChanges, {store::name_of(state)}, static_cast<double>(count));
  const auto oldest = parse_time(figures.oldest_open_at);
  const Milliseconds age = oldest ? clock_.now() - *oldest : Milliseconds{0};
  text.add(kOutboxOldestAge, {}, static_cast<double>(age.count()) / 1000);
}

json::object Daemon::live() {
  return {{"since", format_time(started_at_)}, {"version", version_},
          {"listening", listening()},          {"trouble", ill_reason()},
          {"pipelines", live_pipelines()},     {"webhooks", live_webhooks()}};
}

json::array Daemon::live_pipelines() {
  json::array pipelines;
  for (const config::Pipeline& pipeline : premises_.config.pipelines) {
    const JobStanding standing = scheduler_->standing(pipeline.name);
    json::array entities;
    for (const EntityStanding& entity : progress_.of(pipeline.name))
      entities.push_back(json::object{
          {"entity", entity.entity},
          {"phase", entity.phase},
          {"read", entity.read},
          {"expected", entity.expected < 0 ? json::value() : json::value(entity.expected)},
          {"remaining_ms", entity.remaining ? json::value(entity.remaining->count()) : json::value()}});
    pipelines.push_back(json::object{
        {"pipeline", pipeline.name},
        {"running", standing.running},
        {"next_at", standing.next_at ? json::value(format_time(*standing.next_at)) : json::value()},
        {"interval_ms", interval_of(pipeline).count()},
        {"progress", std::move(entities)}});
  }
  return pipelines;
}

json::object Daemon::live_webhooks() {
  json::array connections;
  const webhook::Figures figures = receiver_.figures();
  const auto missed = gaps_.missed();
  for (const auto& [name, line] : lines_) {
    const auto found = figures.find(name);
    const webhook::ConnectionFigures counted =
        found == figures.end() ? webhook::ConnectionFigures() : found->second;
    json::object refused;
    for (const auto& [reason, count] : counted.refused) refused[webhook::name_of(reason)] = count;
    const auto gap = missed.find(name);
    connections.push_back(json::object{{"connection", name},
                                       {"received", counted.received},
                                       {"accepted", counted.accepted},
                                       {"duplicates", counted.duplicates},
                                       {"refused", std::move(refused)},
                                       {"missed", gap == missed.end() ? 0 : gap->second}});
  }
  store::JournalFigures journal;
  {
    const std::lock_guard lock(reader_mutex_);
    journal = reader_.figures();
  }
  json::object states;
  for (const auto& [state, count] : journal.by_state) states[store::name_of(state)] = count;
  return {{"connections", std::move(connections)},
          {"events", std::move(states)},
          {"open", journal.open},
          {"oldest_open_at", journal.oldest_open_at}};
}

void Daemon::log(std::uint32_t level, std::string_view text) const {
  premises_.installation.log(level, "serve", text);
}

}  // namespace psabridge::serve
