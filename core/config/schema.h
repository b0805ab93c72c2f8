// The JSON Schema (draft 7) of the configuration, made from the table of keys (keys.h), and what else the
// table can tell.
#pragma once
#include <boost/json.hpp>
#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/forms.h"

namespace psabridge::config {

/// What to do about an unknown key, to append to a message: the near key of `known`, else the part of the
/// configuration that knows this key, else the list of `known`.
std::string suggestion_for(std::string_view key, const std::vector<std::string>& known);

/// One overload of `schema` per kind of form; the sample gives the type that the form is read into. They
/// mirror Reader::read.
class SchemaWriter {
 public:
  template <ScalarForm Form, class Target>
  static boost::json::object schema(const Form& form, const Target&) {
    return form.schema();
  }

  static boost::json::object schema(const Secret&, const std::string&) { return Text{}.schema(); }

  static boost::json::object schema(const Subtree&, const std::optional<Settings>&) {
    return {{"type", {"object", "null"}}};
  }

  template <class T>
  static boost::json::object schema(const Mapping&, const T& sample);

  template <class T, class KeyForm, class Form>
  static boost::json::object schema(const Named<T, KeyForm, Form>& form, const std::vector<T>&) {
    boost::json::object written = schema_of_names(form.key, schema(form.form, T{}));
    if (form.least > 0) {
      written["type"] = "object";
      written["minProperties"] = form.least;
    }
    return written;
  }

  template <class KeyForm, class Form, class Value>
  static boost::json::object schema(const MapOf<KeyForm, Form>& form, const std::map<std::string, Value>&) {
    return schema_of_names(form.key, schema(form.form, Value{}));
  }

  template <class Form, class Value>
  static boost::json::object schema(const ListOf<Form>& form, const std::vector<Value>&) {
    return {{"type", {"array", "null"}}, {"items", schema(form.form, Value{})}};
  }

  template <class Form, class Value>
  static boost::json::object schema(const OneOrMore<Form>& form, const std::vector<Value>&) {
    const boost::json::object one = schema(form.form, Value{});
    return {{"anyOf", {one, {{"type", "array"}, {"items", one}}}}};
  }

  template <class T, class Value, class Form>
  static boost::json::object schema(const ShortOr<T, Value, Form>& form, const T& sample) {
    boost::json::object mapping = schema(Mapping{}, sample);
    mapping["type"] = "object";
    return {{"anyOf", {schema(form.form, sample.*form.member), std::move(mapping)}}};
  }

 private:
  /// A mapping of free names; an empty value is an empty mapping.
  template <class KeyForm>
  static boost::json::object schema_of_names(const KeyForm& key, boost::json::object value) {
    return {{"type", {"object", "null"}},
            {"propertyNames", key.schema()},
            {"additionalProperties", std::move(value)}};
  }
};

/// Visits the keys of one mapping.
class MappingSchema {
 public:
  template <class Target, class Form>
  void required(const char* name, const Target& fresh, const Form& form, std::string_view description) {
    required_.emplace_back(name);
    add(name, SchemaWriter::schema(form, fresh), description);
  }

  template <class Target, class Form>
  void optional(const char* name, const Target& fresh, const Form& form, std::string_view description) {
    boost::json::object written = SchemaWriter::schema(form, fresh);
    if constexpr (ScalarForm<Form>) add_default(written, form, fresh);
    add(name, std::move(written), description);
  }

  template <class Form>
  void fixed(const char* name, const Form& form, std::string_view description) {
    required(name, typename Form::Value{}, form, description);
  }

  template <class Form>
  void checked(const char* name, const Form& form, std::string_view description) {
    add(name, form.schema(), description);
  }

  void rest(const Settings&, std::string_view) { is_open_ = true; }

  boost::json::object finish() && {
    boost::json::object written;
    if (required_.empty())
      written["type"] = {"object", "null"};
    else
      written["type"] = "object";
    written["properties"] = std::move(properties_);
    if (!required_.empty()) written["required"] = std::move(required_);
    written["additionalProperties"] = is_open_;
    return written;
  }

 private:
  void add(const char* name, boost::json::object written, std::string_view description) {
    written["description"] = description;
    properties_[name] = std::move(written);
  }

  template <class Form, class Target>
  static void add_default(boost::json::object& written, const Form& form, const Target& fresh) {
    if constexpr (std::convertible_to<Target, typename Form::Value>) {
      if (fresh != Target{}) written["default"] = form.to_json(fresh);
    }
  }

  boost::json::object properties_;
  boost::json::array required_;
  bool is_open_ = false;
};

template <class T>
boost::json::object SchemaWriter::schema(const Mapping&, const T& sample) {
  T fresh = sample;
  MappingSchema keys;
  visit_keys(keys, fresh);
  return std::move(keys).finish();
}

}  // namespace psabridge::config
