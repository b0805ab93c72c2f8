#include "tests/abi/test_host.h"

#include <stdlib.h>

#include <fstream>
#include <sstream>

namespace psabridge::test {

namespace fs = std::filesystem;

fs::path built(const std::string& name) { return fs::path(TEST_PLUGINS) / (name + ".so"); }

Folder::Folder() {
  std::string name = (fs::temp_directory_path() / "psabridge-abi-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("no folder for the test: " + name);
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;  // a folder that stays behind fails no test
  fs::remove_all(path_, ignored);
}

fs::path Folder::copy(const std::string& plugin, const std::string& as) const {
  return write(as, read_file(built(plugin)));
}

fs::path Folder::write(const std::string& name, const std::string& bytes) const {
  const fs::path file = path_ / name;
  std::ofstream(file, std::ios::binary) << bytes;
  fs::permissions(file, fs::perms::owner_all);
  return file;
}

std::string read_file(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

plugin::HostServices::HttpResponse TestHost::http(const HttpRequest& request, const std::function<bool()>&) {
  if (http_error) throw *http_error;
  requests.push_back(std::string(request.method) + " " + std::string(request.url));
  return {200, {{"Date", "today"}}, R"({"id": 1, "summary": "from the source"})"};
}

std::string TestHost::token(std::string_view sign_in, std::string_view refused,
                            const std::function<bool()>&) {
  if (token_error) throw *token_error;
  return "token of " + std::string(sign_in) + " after " + std::string(refused);
}

void TestHost::log(std::uint32_t level, std::string_view tag, std::string_view text) {
  lines.push_back(std::to_string(level) + " " + std::string(tag) + ": " + std::string(text));
}

const EntitySchema& ticket_schema() {
  static const EntitySchema schema = parse_entity_schema(
      R"({"entity": "ticket", "fields": [{"name": "summary", "type": "text"}, {"name": "hours", "type": "integer"}]})");
  return schema;
}

Batch tickets(const std::vector<std::string>& summaries) {
  Batch batch;
  batch.connection = "acme";
  batch.schema = &ticket_schema();
  batch.verdicts.resize(summaries.size());
  for (const std::string& summary : summaries) {
    auto* fields = batch.arena->make_array<Value>(2);
    fields[0] = summary.empty() ? null_value() : text_value(batch.arena->keep(summary));
    fields[1] = integer_value(static_cast<std::int64_t>(batch.records.size() + 1));
    const std::string_view id = batch.arena->keep(std::to_string(batch.records.size() + 1));
    batch.records.push_back({borrow(id), {}, fields, 2, borrow("{}"), {}});
  }
  return batch;
}

}  // namespace psabridge::test
