#include "core/serve/event_runs.h"

#include "core/pipeline/run.h"

namespace psabridge::serve {

std::unique_ptr<EventRuns::Lease> EventRuns::lease(const pipeline::Assembly& assembly,
                                                   const std::string& entity) {
  const std::lock_guard lock(mutex_);
  const std::string& name = assembly.pipeline->name;
  Open& open = open_[name];
  if (open.run == 0) {
    const store::Turn writer(store_);
    pipeline::prepare_store(assembly, *writer);
    store::RunInfo info;
    info.pipeline = name;
    info.connection = assembly.connection->name;
    info.mode = "events";
    open.run = writer->begin_run(info);
    open.since = clock_.monotonic();
  }
  open.entities.insert(entity);
  ++open.users;
  return std::make_unique<Lease>(*this, name, open.run);
}

void EventRuns::give_back(const std::string& pipeline) {
  const std::lock_guard lock(mutex_);
  --open_.at(pipeline).users;
}

void EventRuns::end_old() {
  const std::lock_guard lock(mutex_);
  std::erase_if(open_, [&](const auto& entry) {
    const Open& open = entry.second;
    if (open.users > 0 || open.run == 0 || clock_.monotonic() - open.since < kLongest) return false;
    end(open);
    return true;
  });
}

void EventRuns::end_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& [pipeline, open] : open_)
    if (open.run != 0) end(open);
  open_.clear();
}

void EventRuns::end(const Open& open) {
  std::vector<store::RunEntity> entities;
  for (const std::string& entity : open.entities) {
    store::RunEntity touched;
    touched.entity = entity;
    touched.state = "done";
    entities.push_back(std::move(touched));
  }
  store::Turn(store_)->end_run(open.run, "done", entities, {}, {});
}

}  // namespace psabridge::serve
