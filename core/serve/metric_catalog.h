// Every metric that psabridge shows at /metrics, so that dashboards have one page to look things up in.
#pragma once
#include "core/serve/metrics.h"

namespace psabridge::serve {

inline constexpr Metric kBuild{
    MetricKind::info, "psabridge_build", "", "The program that runs.", {"version"}};
inline constexpr Metric kMetricsFailures{MetricKind::counter,
                                         "psabridge_metrics_failures",
                                         "",
                                         "Times that a part could not say its figures for this page.",
                                         {"part"}};

// --- webhooks and events ---
inline constexpr Metric kWebhookRequests{MetricKind::counter,
                                         "psabridge_webhook_requests",
                                         "",
                                         "Requests to the webhook endpoint, by what was answered and why.",
                                         {"connection", "result", "reason"}};
inline constexpr Metric kWebhookAckDuration{
    MetricKind::histogram,
    "psabridge_webhook_ack_duration_seconds",
    "seconds",
    "From a whole delivery until its acceptance is on disk and answered.",
    {"connection"}};
inline constexpr Metric kWebhookMissed{MetricKind::counter,
                                       "psabridge_webhook_missed",
                                       "",
                                       "Changes that polling found and no webhook had announced.",
                                       {"connection"}};
inline constexpr Metric kEvents{MetricKind::counter,
                                "psabridge_events",
                                "",
                                "Events that were processed, by what became of them.",
                                {"connection", "outcome"}};
inline constexpr Metric kEventProcessDuration{MetricKind::histogram,
                                              "psabridge_event_process_duration_seconds", "seconds",
                                              "From the start of an event's processing to its end."};
inline constexpr Metric kEventQueueDuration{MetricKind::histogram, "psabridge_event_queue_duration_seconds",
                                            "seconds",
                                            "From an event's acceptance to the start of its processing."};
inline constexpr Metric kQueueDepth{
    MetricKind::gauge, "psabridge_queue_depth", "", "Events that are not finished, by state.", {"state"}};
inline constexpr Metric kQueueOldestAge{MetricKind::gauge, "psabridge_queue_oldest_age_seconds", "seconds",
                                        "Age of the oldest event that waits to be processed."};

// --- write-back ---
inline constexpr Metric kOutboxChanges{MetricKind::gauge,
                                       "psabridge_outbox_changes",
                                       "",
                                       "Changes for the sources that are kept, by state.",
                                       {"state"}};
inline constexpr Metric kOutboxOldestAge{MetricKind::gauge, "psabridge_outbox_oldest_age_seconds", "seconds",
                                         "Age of the oldest change that the source does not show yet."};

// --- syncs ---
inline constexpr Metric kSyncRuns{MetricKind::counter,
                                  "psabridge_sync_runs",
                                  "",
                                  "Runs that have ended, by the state that they ended in.",
                                  {"pipeline", "state"}};
inline constexpr Metric kSyncLag{MetricKind::gauge,
                                 "psabridge_sync_lag_seconds",
                                 "seconds",
                                 "How old the store's picture of the source is.",
                                 {"pipeline"}};
inline constexpr Metric kSyncRunDuration{MetricKind::histogram, "psabridge_sync_run_duration_seconds",
                                         "seconds", "How long whole runs took."};
inline constexpr Metric kSyncRecords{MetricKind::counter,
                                     "psabridge_sync_records",
                                     "",
                                     "Records read from the source, by what became of them.",
                                     {"pipeline", "entity", "outcome"}};
inline constexpr Metric kSourceRequests{MetricKind::counter,
                                        "psabridge_source_requests",
                                        "",
                                        "Requests sent to the source, repetitions included.",
                                        {"connection"}};
inline constexpr Metric kSourceBudget{MetricKind::gauge,
                                      "psabridge_source_budget_remaining",
                                      "",
                                      "Requests that the rate limit would let go at once.",
                                      {"connection"}};
inline constexpr Metric kDeadLetters{MetricKind::gauge,
                                     "psabridge_dead_letters",
                                     "",
                                     "Records and events that wait for somebody's decision.",
                                     {"kind"}};

// --- the process ---
inline constexpr Metric kHttpConnections{
    MetricKind::gauge, "psabridge_http_connections", "", "Connections of callers that are open.", {"server"}};
inline constexpr Metric kHttpRefused{MetricKind::counter,
                                     "psabridge_http_refused",
                                     "",
                                     "Callers refused before anything looked at their request.",
                                     {"server", "reason"}};
inline constexpr Metric kProcessMemory{MetricKind::gauge, "process_resident_memory_bytes", "bytes",
                                       "Memory of the process that is in RAM."};
inline constexpr Metric kProcessOpenFiles{MetricKind::gauge, "process_open_fds", "",
                                          "File descriptors in use."};
inline constexpr Metric kProcessStart{MetricKind::gauge, "process_start_time_seconds", "seconds",
                                      "When the process began, since 1970-01-01 UTC."};

}  // namespace psabridge::serve
