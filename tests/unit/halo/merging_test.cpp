// Halo's own merge of two records: asked for once, proven by what Halo shows afterwards.
#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <map>

#include "tests/unit/halo/scripted_tenant.h"

using namespace halo_test;
namespace json = boost::json;

namespace {

/// Halo's side: clients and contacts by "Client/31".
class Registry {
 public:
  enum class Merges { as_asked, not_at_all, the_other_way, by_deactivating };
  Merges merges = Merges::as_asked;
  int post_status = 0;        ///< of every POST; 0: as it should be
  bool loses_answer = false;  ///< of the next POST, once it is done
  std::map<std::string, json::object> records;
  std::vector<std::string> posts;

  Registry() {
    for (const std::int64_t id : {1, 12, 31})
      for (const std::string resource : {"Client/", "Users/"})
        records[resource + std::to_string(id)] = {{"id", id}, {"name", "Acme"}, {"inactive", false}};
  }

  Reply operator()(const Request& request) {
    const std::string path = request.path().substr(5);  // without /api/
    if (request.method == "POST") return post(path, request.body);
    const auto found = records.find(path);
    return found == records.end() ? Reply{404, ""} : Reply{200, json::serialize(found->second)};
  }

 private:
  Reply post(const std::string& resource, const std::string& body) {
    posts.push_back(resource + " " + body);
    if (post_status != 0) return {post_status, R"({"message":"A Customer cannot be merged"})"};
    const json::object row = json::parse(body).as_array().at(0).as_object();
    const std::string gone = resource + "/" + json::serialize(row.at("id"));
    const std::string stays = resource + "/" + json::serialize(std::next(row.begin())->value());
    if (merges == Merges::as_asked) records.erase(gone);
    if (merges == Merges::the_other_way) records.erase(stays);
    if (merges == Merges::by_deactivating) records[gone]["inactive"] = true;
    if (loses_answer) return loses_answer = false, Reply{504, "<html>Gateway Timeout</html>"};
    return {201, json::serialize(row)};
  }
};

Tenant::Change merge_of(const std::string& gone, const std::string& stays,
                        const std::string& entity = "client", const std::string& tried_at = {}) {
  return {
      "m",     entity, gone, json::serialize(json::object{{"merged_into", stays}}), R"({"merged_into":[""]})",
      tried_at};
}

struct Desk {
  Registry registry;
  Tenant tenant{[this](const Request& request) { return registry(request); }};
  Tenant::ChangeEnd push(const Tenant::Change& change) { return tenant.push({change})["m"]; }
};

}  // namespace

TEST_CASE("a record is merged by the member of Halo's for its kind, and is gone") {
  const auto [entity, posted] =
      GENERATE(table<std::string, std::string>({{"client", R"(Client [{"id":31,"_merge_client_into":12}])"},
                                                {"contact", R"(Users [{"id":31,"_merge_user_into":12}])"}}));
  Desk desk;
  const auto end = desk.push(merge_of("31", "12", entity));
  CHECK(end.done);
  CHECK(end.source_id == "12");
  CHECK(desk.registry.posts == std::vector{posted});
}

TEST_CASE("a tenant that keeps the merged record and deactivates it has merged it") {
  Desk desk;
  desk.registry.merges = Registry::Merges::by_deactivating;
  CHECK(desk.push(merge_of("31", "12")).done);
}

TEST_CASE("a merge that Halo does not show is told, with what it shows") {
  const auto [merges, found] = GENERATE(
      table<Registry::Merges, std::string>({{Registry::Merges::not_at_all, "31 is there as before"},
                                            {Registry::Merges::the_other_way, "12 is not there any more"}}));
  Desk desk;
  desk.registry.merges = merges;
  const auto end = desk.push(merge_of("31", "12"));
  CHECK_FALSE(end.done);
  CHECK(end.refused.error_code == "PB2304");
  CHECK(end.refused.message.find(found) != std::string::npos);
}

TEST_CASE("what cannot be merged is refused before Halo is asked to do it") {
  const auto [gone, stays, entity, code] =
      GENERATE(table<std::string, std::string, std::string, std::string>({
          {"31", "31", "client", "PB2302"},  // itself
          {"1", "12", "client", "PB2302"},   // "Unassigned"
          {"1", "12", "contact", "PB2302"},
          {"31", "Acme", "client", "PB2302"},  // no number
          {"44", "12", "client", "PB2307"},    // not there
          {"31", "44", "client", "PB2307"},
          {"31", "12", "asset", "PB2305"},  // Halo merges no such records
      }));
  INFO(gone << " into " << stays << " of " << entity);
  Desk desk;
  CHECK(desk.push(merge_of(gone, stays, entity)).refused.error_code == code);
  CHECK(desk.registry.posts.empty());
}

TEST_CASE("a refusal has Halo's words") {
  Desk desk;
  desk.registry.post_status = 400;
  const auto end = desk.push(merge_of("31", "12"));
  CHECK(end.refused.error_code == "PB2302");
  CHECK(end.refused.message.find("A Customer cannot be merged") != std::string::npos);
}

TEST_CASE("a missing right to change customers stops the call and is named") {
  Desk desk;
  desk.registry.post_status = 403;
  CHECK(desk.tenant.push({merge_of("31", "12")}).empty());
  CHECK(desk.tenant.refusal().error_code == "PB1204");
  CHECK(desk.tenant.refusal().message.find("edit:customers") != std::string::npos);
}

TEST_CASE("a merge whose answer was lost is found done, and is not asked for again") {
  Desk desk;
  desk.registry.loses_answer = true;
  CHECK(desk.tenant.push({merge_of("31", "12")}).empty());
  CHECK(desk.tenant.refusal().code == PSABRIDGE_RETRY);
  CHECK(desk.push(merge_of("31", "12", "client", "2026-10-03T06:24:05.000Z")).done);
  CHECK(desk.registry.posts.size() == 1);
}
