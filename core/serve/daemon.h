// The daemon: polls on their schedule, webhooks as they come, and a look at everything every second.
#pragma once
#include <atomic>
#include <boost/json.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/net/http_server.h"
#include "core/pipeline/live_pipeline.h"
#include "core/serve/alarms.h"
#include "core/serve/daemon_metrics.h"
#include "core/serve/event_filter.h"
#include "core/serve/event_processor.h"
#include "core/serve/event_runs.h"
#include "core/serve/gap_watch.h"
#include "core/serve/live_progress.h"
#include "core/serve/metrics.h"
#include "core/serve/scheduler.h"
#include "core/serve/systemd.h"
#include "core/store/journal.h"
#include "core/webhook/keys.h"
#include "core/webhook/receiver.h"
#include "core/writeback/sender.h"

namespace psabridge::serve {

/// Runs from construction to stop(). What is public is thread-safe.
class Daemon {
 public:
  /// Everything referred to outlives it. Throws ConfigError, Error PB13xx (store, journal), PB2201, PB2202
  /// (addresses, certificate), and then nothing runs.
  Daemon(const pipeline::Premises& premises, std::string version, Systemd& systemd);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  /// Answers what has begun, finishes or gives up what is under way, and ends within 20 s.
  void stop();

  store::Journal& journal() noexcept { return journal_; }
  /// An admin's decision changed events: what is in memory is read again.
  void reload_events();
  /// A secret of a webhook was made or exchanged: it counts when this returns.
  void refresh_secrets();
  /// As long as the result lives no poll runs: for work that reads pipelines itself.
  std::unique_ptr<Scheduler::Pause> alone();
  /// How everything stands at this moment; docs/reference/status.md has the form.
  boost::json::object live();
  /// Where it listens: "webhooks at http://127.0.0.1:8730, health and metrics at http://127.0.0.1:8731".
  std::string listening() const;
  std::uint16_t webhook_port() const;
  std::uint16_t status_port() const;

 private:
  /// A connection that takes webhooks.
  struct Line;

  std::vector<EventLane> open_lines();
  std::vector<Job> jobs();
  void poll(const config::Pipeline& pipeline, const plugin::Stop& stop);
  void send_back(writeback::Sender& sender, const std::string& connection, const plugin::Stop& stop);
  void look_at_webhook(Line& line, const plugin::Stop& stop);
  Milliseconds interval_of(const config::Pipeline& pipeline);
  bool send(const plugin::Alert& alert);
  void raise(const std::string& key, std::string_view code, const std::string& pipeline, std::string title,
             std::string text);
  void listen();
  net::ServerAnswer answer_status(const net::RequestHead& head);
  void collect(MetricsText& text);
  void collect_outbox(MetricsText& text);
  void keep_house();
  void every_second();
  void every_half_minute();
  void look_at_gaps();
  void look_at_journal();
  std::string ill_reason();
  boost::json::array live_pipelines();
  boost::json::object live_webhooks();
  void log(std::uint32_t level, std::string_view text) const;

  const pipeline::Premises& premises_;
  const std::string version_;
  Systemd& systemd_;
  Clock& clock_;
  const SysMilliseconds started_at_;
  std::atomic<bool> stopping_ = false;

  DaemonMetrics metrics_;
  LiveProgress progress_;
  std::mutex keys_mutex_;  ///< Keys::refresh is for one thread at a time
  webhook::Keys keys_;
  webhook::Receiver receiver_;  ///< told by the journal, to its last moment, what became of deliveries
  store::Journal journal_;
  std::mutex reader_mutex_;
  store::JournalReader reader_;  ///< guarded by reader_mutex_
  EventRuns runs_;
  connection::PassingMemory memory_;
  std::map<std::string, std::unique_ptr<Line>> lines_;
  Alarms alarms_;
  GapWatch gaps_;
  std::map<std::string, bool> trusted_;  ///< by pipeline; used by the house-keeping thread
  std::map<std::string, std::unique_ptr<writeback::Sender>> senders_;  ///< by pipeline
  std::optional<EventProcessor> processor_;
  std::optional<Scheduler> scheduler_;
  MetricsPage page_;
  std::unique_ptr<net::HttpServer> webhook_server_, status_server_;
  std::optional<Watchdog> watchdog_;
  std::unique_ptr<Watchdog::Pulse> events_pulse_;  ///< of the thread that brings events to the workers
  std::thread housekeeper_;
};

}  // namespace psabridge::serve
