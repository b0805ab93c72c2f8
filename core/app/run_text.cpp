#include "core/app/run_text.h"

#include "core/app/terminal.h"

namespace psabridge::app {

namespace json = boost::json;

json::object to_json(const store::Counts& counts) {
  return {{"read", counts.read},           {"created", counts.created},   {"updated", counts.updated},
          {"unchanged", counts.unchanged}, {"filtered", counts.filtered}, {"dead", counts.dead},
          {"deleted", counts.deleted}};
}

json::object to_json(const store::RunInfo& run) {
  return {{"id", run.id},
          {"pipeline", run.pipeline},
          {"connection", run.connection},
          {"mode", run.mode},
          {"state", run.state},
          {"started_at", run.started_at},
          {"finished_at", run.finished_at.empty() ? json::value() : json::value(run.finished_at)},
          {"error_code", run.error_code.empty() ? json::value() : json::value(run.error_code)},
          {"error", run.error.empty() ? json::value() : json::value(run.error)}};
}

json::object to_json(const store::RunEntity& entity) {
  return {{"entity", entity.entity},
          {"state", entity.state},
          {"counts", to_json(entity.counts)},
          {"requests", entity.requests},
          {"error_code", entity.error_code.empty() ? json::value() : json::value(entity.error_code)},
          {"error", entity.error.empty() ? json::value() : json::value(entity.error)}};
}

Failure failure_of(const pipeline::RunReport& report) {
  Failure failure;
  for (const pipeline::Trouble& trouble : pipeline::troubles(report)) {
    const ErrorInfo& info = *find_error(trouble.code);
    failure.entries.push_back({trouble.code,
                               std::string(name_of(info.error_class)),
                               trouble.subject + ": " + trouble.message,
                               std::string(info.remedy),
                               {},
                               0,
                               0});
  }
  return failure;
}

std::string summary(const store::Counts& counts) {
  struct Part {
    std::uint64_t count;
    const char* word;
  };
  std::string text;
  for (const auto& [count, word] : {Part{counts.created, "created"}, Part{counts.updated, "updated"},
                                    Part{counts.deleted, "deleted"}, Part{counts.dead, "dead"}})
    if (count) text += (text.empty() ? "" : ", ") + grouped(count) + " " + word;
  return text.empty() ? "nothing changed" : text;
}

store::Counts total(const std::vector<store::RunEntity>& entities) {
  store::Counts sum;
  for (const auto& entity : entities) sum += entity.counts;
  return sum;
}

std::string entity_table(const std::vector<store::RunEntity>& entities) {
  Table table({"entity", "state", "read", "created", "updated", "unchanged", "filtered", "dead", "deleted",
               "requests", "error"});
  for (const auto& [entity, state, counts, requests, error_code, error] : entities)
    table.add({entity, state, grouped(counts.read), grouped(counts.created), grouped(counts.updated),
               grouped(counts.unchanged), grouped(counts.filtered), grouped(counts.dead),
               grouped(counts.deleted), grouped(requests), error_code});
  return table.text("no entity was read");
}

}  // namespace psabridge::app
