// The schemas of our syncers fit the host, each other and the store.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <set>

#include "loaded_plugin.h"

namespace psabridge::test {
namespace {

namespace json = boost::json;

const std::set<std::string> kSystemColumns = {
    "id",         "connection", "source_id", "source_version", "content_hash", "first_seen_at", "updated_at",
    "deleted_at", "custom",     "raw",       "managed_team",   "routed_by",    "routed_reason"};

bool is_column_name(const std::string& name) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && name.front() >= 'a' && name.front() <= 'z' && std::ranges::all_of(name, fits);
}

/// Where people know a record by another field than its name.
const std::map<std::string, std::string> kKnownBy = {{"ticket", "summary"}, {"note", "text"}};

}  // namespace

TEST_CASE("each syncer describes its own entity") {
  for (const std::string& entity : entities()) {
    INFO(entity);
    const LoadedSyncer syncer(entity);
    CHECK(syncer.schema().entity == entity);
    const auto known_by = kKnownBy.find(entity);
    CHECK(syncer.schema().index_of(known_by == kKnownBy.end() ? "name" : known_by->second));
  }
}

TEST_CASE("field names are columns of their own") {
  for (const std::string& entity : entities()) {
    const LoadedSyncer syncer(entity);
    std::set<std::string> seen;
    for (const FieldSchema& field : syncer.schema().fields) {
      INFO(entity << "." << field.name);
      CHECK(is_column_name(field.name));
      CHECK_FALSE(kSystemColumns.contains(field.name));
      CHECK(seen.insert(field.name).second);
    }
  }
}

TEST_CASE("every field and filter is described") {
  for (const std::string& entity : entities()) {
    const LoadedSyncer syncer(entity);
    const json::object schema = json::parse(syncer.schema_text()).as_object();
    CHECK_FALSE(schema.at("description").as_string().empty());
    for (const char* list : {"fields", "filters"}) {
      if (!schema.contains(list)) continue;
      for (const json::value& item : schema.at(list).as_array()) {
        INFO(entity << " " << json::serialize(item));
        REQUIRE(item.as_object().contains("description"));
        CHECK(item.at("description").as_string().ends_with("."));
      }
    }
  }
}

TEST_CASE("references point to entities that exist, in an order without circles") {
  std::map<std::string, std::vector<std::string>> waiting;
  for (const std::string& entity : entities()) waiting[entity] = LoadedSyncer(entity).schema().depends_on();
  for (const auto& [entity, targets] : waiting)
    for (const std::string& target : targets) {
      INFO(entity << " -> " << target);
      CHECK(waiting.contains(target));
    }
  std::set<std::string> done;
  const auto ready = [&](const auto& entry) {
    return std::ranges::all_of(entry.second,
                               [&](const std::string& target) { return done.contains(target); });
  };
  for (auto next = std::ranges::find_if(waiting, ready); next != waiting.end();
       next = std::ranges::find_if(waiting, ready)) {
    done.insert(next->first);
    waiting.erase(next);
  }
  for (const auto& [entity, targets] : waiting) UNSCOPED_INFO(entity << " waits for ever");
  CHECK(waiting.empty());
}

TEST_CASE("lookups and children are marked") {
  const std::set<std::string> lookups = {"agent",       "team",       "status",  "priority",
                                         "ticket_type", "asset_type", "category"};
  for (const std::string& entity : entities()) {
    INFO(entity);
    const EntitySchema schema = LoadedSyncer(entity).schema();
    CHECK(schema.lookup == lookups.contains(entity));
    CHECK(schema.parent == (entity == "note" ? "ticket" : ""));
  }
}

TEST_CASE("the filters of the configuration are understood") {
  const std::map<std::string, std::vector<std::string>> filters = {
      {"client", {"active", "clients"}},
      {"site", {"active", "clients", "sites"}},
      {"contact", {"active", "clients", "sites"}},
      {"agent", {"active"}},
      {"asset", {"active", "clients", "sites", "types", "statuses"}},
      {"ticket",
       {"open", "open_first", "since", "until", "statuses", "clients", "sites", "teams", "types",
        "priorities"}},
      {"note", {"since", "private"}}};
  for (const auto& [entity, names] : filters) {
    const EntitySchema schema = LoadedSyncer(entity).schema();
    for (const std::string& name : names) {
      INFO(entity << "." << name);
      CHECK(std::ranges::find(schema.filters, name, &FilterSchema::name) != schema.filters.end());
    }
  }
}

}  // namespace psabridge::test
