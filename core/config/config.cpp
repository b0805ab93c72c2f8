#include "core/config/config.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <tuple>

#include "core/base/text.h"
#include "core/config/document.h"
#include "core/config/keys.h"
#include "core/config/reader.h"
#include "core/config/webhook_rules.h"

namespace psabridge::config {
namespace {

namespace fs = std::filesystem;

std::string to_line(const Problem& problem) {
  const std::string place = to_string(problem.at);
  return (place.empty() ? "" : place + ": ") + problem.code + ": " + problem.message;
}

std::string to_lines(const std::vector<Problem>& problems) {
  std::string lines;
  for (const Problem& problem : problems) lines += (lines.empty() ? "" : "\n") + to_line(problem);
  return lines;
}

void sort_by_place(std::vector<Problem>& problems) {
  std::ranges::stable_sort(problems, {}, [](const Problem& problem) {
    return std::tie(problem.at.file, problem.at.line, problem.at.column);
  });
}

/// The sections whose names may come from several files of a folder.
bool is_shared_section(std::string_view key) { return key == "connections" || key == "pipelines"; }

bool holds_entries(const Node& node) { return node.kind == Node::Kind::map || node.kind == Node::Kind::null; }

/// Adds the top level of one file to that of the files before it. Whatever then stands twice is found like
/// any duplicate key.
void merge(Node& root, Node&& document) {
  if (root.kind == Node::Kind::null) {
    root = std::move(document);
    return;
  }
  for (Node::Entry& entry : document.entries) {
    const auto known = std::ranges::find(root.entries, entry.key, &Node::Entry::key);
    const bool joins = is_shared_section(entry.key) && known != root.entries.end() &&
                       holds_entries(known->value) && holds_entries(entry.value);
    if (!joins) {
      root.entries.push_back(std::move(entry));
      continue;
    }
    known->value.kind = Node::Kind::map;
    std::ranges::move(entry.value.entries, std::back_inserter(known->value.entries));
  }
}

void check_references(const Config& config, const Node& root, std::vector<Problem>& problems) {
  std::vector<std::string_view> names;
  for (const Connection& connection : config.connections) names.push_back(connection.name);
  for (const Pipeline& pipeline : config.pipelines) {
    if (pipeline.connection.empty() || config.find_connection(pipeline.connection)) continue;
    const Node* const at = root.find("pipelines")->find(pipeline.name)->find("connection");
    problems.push_back({"PB1008", at->at,
                        member_path("pipelines", pipeline.name) + ".connection: there is no connection " +
                            in_quotes(pipeline.connection) + " under `connections`." +
                            did_you_mean(pipeline.connection, names)});
  }
}

/// With two keys it would not be clear which one the vault was closed with.
void check_vault(const Config& config, const Node& root, std::vector<Problem>& problems) {
  const VaultPolicy& vault = config.vault;
  const auto given = !vault.key_file.empty() + !vault.passphrase.empty() + !vault.credential.empty();
  if (given > 1)
    problems.push_back({"PB1801", root.find("vault")->at,
                        "vault: one of key_file, passphrase and credential opens the vault, and " +
                            std::to_string(given) + " are given: keep the one that it was closed with"});
}

/// Every rule gets a name of its own. `path` is that of the rules in the tree.
void name_rules(std::vector<RuleUse>& rules, const std::string& path, std::vector<Problem>& problems) {
  std::set<std::string, std::less<>> names;
  for (const RuleUse& rule : rules)
    if (!rule.name.empty() && !names.insert(rule.name).second)
      problems.push_back({"PB1004", rule.at,
                          path + ": two rules are named \"" + rule.name +
                              "\", so that decisions could not say which of them it was"});
  for (RuleUse& rule : rules) {
    if (!rule.name.empty()) continue;
    rule.name = rule.use;
    for (int number = 2; !names.insert(rule.name).second; ++number)
      rule.name = rule.use + ' ' + std::to_string(number);
  }
}

/// Two pipelines might want different values for one field.
void check_write_back(const Config& config, std::vector<Problem>& problems) {
  std::map<std::string_view, const Pipeline*> writers;
  for (const Pipeline& pipeline : config.pipelines) {
    if (pipeline.write_back.fields.empty()) continue;
    const auto [first, is_new] = writers.emplace(pipeline.connection, &pipeline);
    if (!is_new)
      problems.push_back({"PB1004", pipeline.write_back.at,
                          member_path("pipelines", pipeline.name) + ".write_back: the pipeline " +
                              in_quotes(first->second->name) +
                              " writes to the same connection; only one pipeline of a connection can"});
  }
}

/// The typed values of a tree that is sound as YAML; what is wrong with them goes to `problems`.
Config read_config(const Node& root, const LoadOptions& options, std::vector<Problem>& problems) {
  Config config;
  check_duplicates(root, "", problems);
  if (!options.allow_plain_secrets) check_addresses(root, "", problems);
  Reader(options, problems).read({root, ""}, Mapping{}, config);
  check_references(config, root, problems);
  check_vault(config, root, problems);
  check_write_back(config, problems);
  complete_webhooks(config, root);
  check_webhooks(config, root, problems);
  check_serve(config, root, problems);
  for (Pipeline& pipeline : config.pipelines) {
    name_rules(pipeline.routing, "pipelines." + pipeline.name + ".routing", problems);
    name_rules(pipeline.shadow, "pipelines." + pipeline.name + ".shadow", problems);
  }
  return config;
}

Config read_documents(std::vector<Node> documents, std::vector<Problem> problems,
                      const LoadOptions& options) {
  Config config;
  if (problems.empty()) {
    Node root;
    for (Node& document : documents) {
      if (!holds_entries(document))
        problems.push_back(
            {"PB1006", document.at, "expected a mapping (version: 1 ...), found " + found(document)});
      else
        merge(root, std::move(document));
    }
    if (problems.empty()) config = read_config(root, options, problems);
  }
  if (problems.empty()) return config;
  sort_by_place(problems);
  throw ConfigError(std::move(problems));
}

/// By name. Throws Error PB1001 when the folder cannot be listed.
std::vector<fs::path> yaml_files_in(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const fs::path extension = entry->path().extension();
    if ((extension == ".yaml" || extension == ".yml") && entry->is_regular_file(error))
      files.push_back(entry->path());
  }
  if (error) throw Error("PB1001", "the folder " + folder.string() + " cannot be listed: " + error.message());
  std::ranges::sort(files);
  return files;
}

/// The file itself, or the YAML files of the folder by name.
std::vector<fs::path> files_of(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return {path};
  std::vector<fs::path> files = yaml_files_in(path);
  if (files.empty()) throw Error("PB1001", "the folder " + path.string() + " has no *.yaml file");
  return files;
}

std::string text_of(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (!fs::exists(status)) throw Error("PB1001", "there is no file " + file.string());
  if (!fs::is_regular_file(status)) throw Error("PB1001", file.string() + " is no regular file");
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (!(text << stream.rdbuf()) && fs::file_size(file, error) > 0)
    throw Error("PB1001", file.string() + " cannot be read; look at its permissions");
  return std::move(text).str();
}

void resolve(std::string& path, const fs::path& folder) {
  if (!path.empty()) path = (folder / path).lexically_normal().string();
}

/// Relative paths hang at the folder of the configuration, wherever the program was started.
void resolve_paths(Config& config) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (config.store.starts_with(kSqlite)) {
    std::string file = config.store.substr(kSqlite.size());
    resolve(file, config.folder);
    config.store = std::string(kSqlite) + file;
  }
  for (fs::path& plugins : config.plugins.folders) plugins = (config.folder / plugins).lexically_normal();
  if (!config.vault.key_file.empty())
    config.vault.key_file = (config.folder / config.vault.key_file).lexically_normal();
  resolve(config.serve.certificate, config.folder);
  resolve(config.serve.key, config.folder);
  for (Connection& connection : config.connections) resolve(connection.tls.ca_file, config.folder);
}

template <class Item>
const Item* find_by_name(const std::vector<Item>& items, std::string_view name) {
  const auto item = std::ranges::find(items, name, &Item::name);
  return item == items.end() ? nullptr : &*item;
}

}  // namespace

std::string to_string(const Location& at) {
  if (at.line == 0) return at.file;
  return at.file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

ConfigError::ConfigError(std::vector<Problem> problems)
    : Error(problems.front().code, to_lines(problems)), problems_(std::move(problems)) {}

const Connection* Config::find_connection(std::string_view name) const {
  return find_by_name(connections, name);
}
const Pipeline* Config::find_pipeline(std::string_view name) const { return find_by_name(pipelines, name); }

Config load_text(std::string_view yaml, const std::string& file, const LoadOptions& options) {
  std::vector<Problem> problems;
  std::vector<Node> documents;
  documents.push_back(parse_document(yaml, file, problems));
  return read_documents(std::move(documents), std::move(problems), options);
}

std::vector<RuleUse> load_rules(std::string_view yaml, const std::string& file, const LoadOptions& options) {
  std::vector<Problem> problems;
  const Node root = parse_document(yaml, file, problems);
  RuleFile rules;
  if (problems.empty()) {
    check_duplicates(root, "", problems);
    Reader(options, problems).read({root, ""}, Mapping{}, rules);
    name_rules(rules.routing, "routing", problems);
  }
  if (problems.empty()) return std::move(rules.routing);
  sort_by_place(problems);
  throw ConfigError(std::move(problems));
}

bool is_present(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error) ? !yaml_files_in(path).empty() : fs::exists(path, error);
}

Config load(const fs::path& path, const LoadOptions& options) {
  std::vector<Problem> problems;
  std::vector<Node> documents;
  for (const fs::path& file : files_of(path))
    documents.push_back(parse_document(text_of(file), file.string(), problems));
  Config config = read_documents(std::move(documents), std::move(problems), options);
  const fs::path whole = fs::absolute(path);  // "psabridge.yaml" alone has no parent path
  config.folder = fs::is_directory(whole) ? whole : whole.parent_path();
  resolve_paths(config);
  return config;
}

}  // namespace psabridge::config
