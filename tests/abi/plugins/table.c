/* A plugin in plain C. Without a variant it is right; each TABLE_* bends it in one way (see
 * ../CMakeLists.txt). */
#include <psabridge/abi.h>
#include <string.h>

#define TEXT(literal) \
  { literal, sizeof(literal) - 1 }

#if defined(TABLE_RIGHT) || defined(TABLE_SAME_ROLE)
#define ROLE_NAME "table"
#elif defined(TABLE_SMALL)
#define ROLE_NAME "small"
#else
#define ROLE_NAME "bent"
#endif

#ifdef TABLE_SAME_ROLE
#define PLUGIN_ID TEXT("com.example.same_role")
#elif defined(TABLE_SMALL)
#define PLUGIN_ID TEXT("com.example.small")
#elif defined(TABLE_BIG)
#define PLUGIN_ID TEXT("com.example.big")
#elif defined(TABLE_EMPTY_ID)
#define PLUGIN_ID TEXT("")
#elif defined(TABLE_BAD_UTF8)
#define PLUGIN_ID TEXT("com.example.\xff")
#else
#define PLUGIN_ID TEXT("com.example.table")
#endif

#ifdef TABLE_BAD_SCHEMA
#define SCHEMA "{\"type\": "
#else
#define SCHEMA "{}"
#endif

#ifdef TABLE_UNRESOLVED
extern void a_function_that_is_nowhere(void);
#endif

static psabridge_str text_of(const char* text) {
  psabridge_str result;
  result.data = text;
  result.size = strlen(text);
  return result;
}

static psabridge_code decide(void* self, const psabridge_batch* tickets,
                             const psabridge_routing_context* context, const psabridge_route_sink* sink,
                             const psabridge_call* call) {
  (void)self, (void)context, (void)call;
#ifdef TABLE_UNRESOLVED
  a_function_that_is_nowhere();
#endif
  for (size_t i = 0; i < tickets->record_count; ++i)
    sink->route(sink->host, i, text_of("noc"), text_of("a table in C said so"));
  return PSABRIDGE_OK;
}

#ifdef TABLE_NO_VERB
#define DECIDE (0 ? decide : NULL)
#else
#define DECIDE decide
#endif

static psabridge_code create(const psabridge_host* host, psabridge_str settings, void** self,
                             const psabridge_call* call) {
  (void)host, (void)settings, (void)call;
  *self = NULL;
  return PSABRIDGE_OK;
}

static void destroy(void* self) { (void)self; }

/* What a newer SDK would append. */
#ifdef TABLE_BIG
#define LATER_MEMBERS void (*later[4])(void);
#define SIZE(type) (sizeof(type) + 4 * sizeof(void (*)(void)))
#else
#define LATER_MEMBERS
#define SIZE(type) sizeof(type)
#endif

static const struct {
  psabridge_routing known;
  LATER_MEMBERS
} routing_verbs = {.known = {SIZE(psabridge_routing), DECIDE}};

static const struct {
  psabridge_role known;
  LATER_MEMBERS
} routing_role = {.known = {SIZE(psabridge_role), PSABRIDGE_ROLE_ROUTING, 0, TEXT(ROLE_NAME),
                            TEXT("a rule in C"), TEXT(SCHEMA), &routing_verbs, create, destroy}};

#ifdef TABLE_SMALL
/* Verbs of an SDK that knew no `refine`: the table ends before it. */
static psabridge_code schema(void* self, const psabridge_text_sink* sink, const psabridge_call* call) {
  (void)self, (void)call;
  sink->text(sink->host,
             text_of("{\"entity\": \"ticket\", \"fields\": [{\"name\": \"summary\", \"type\": \"text\"}]}"));
  return PSABRIDGE_OK;
}
static const struct {
  size_t size;
  psabridge_code (*schema)(void* self, const psabridge_text_sink* sink, const psabridge_call* call);
} small_verbs = {sizeof small_verbs, schema};
/* A connector of contract 1.0: its table ends before `sign_in`. */
static psabridge_code describe(void* self, const psabridge_text_sink* sink, const psabridge_call* call) {
  (void)self, (void)call;
  sink->text(sink->host, text_of("{\"entities\": {\"ticket\": {\"map\": {\"summary\": \"summary\"}}}}"));
  return PSABRIDGE_OK;
}
static psabridge_code pull(void* self, const psabridge_pull* what, const psabridge_pull_sink* sink,
                           const psabridge_call* call) {
  (void)self, (void)what, (void)call;
  const psabridge_page page = {.next = text_of(""), .expected = -1};
  sink->page(sink->host, &page);
  return PSABRIDGE_OK;
}
static psabridge_code get(void* self, psabridge_str entity, const psabridge_str* ids, size_t id_count,
                          const psabridge_get_sink* sink, const psabridge_call* call) {
  (void)self, (void)entity, (void)call;
  for (size_t i = 0; i < id_count; ++i) sink->absent(sink->host, ids[i], PSABRIDGE_ABSENT_DELETED);
  return PSABRIDGE_OK;
}
static const struct {
  size_t size;
  psabridge_code (*describe)(void* self, const psabridge_text_sink* sink, const psabridge_call* call);
  psabridge_code (*pull)(void* self, const psabridge_pull* pull, const psabridge_pull_sink* sink,
                         const psabridge_call* call);
  psabridge_code (*get)(void* self, psabridge_str entity, const psabridge_str* ids, size_t id_count,
                        const psabridge_get_sink* sink, const psabridge_call* call);
} source_verbs = {sizeof source_verbs, describe, pull, get};
/* One of contract 1.1: its table ends before `decode`. */
static psabridge_code sign_in(void* self, const psabridge_text_sink* sink, const psabridge_call* call) {
  (void)self, (void)call;
  sink->text(sink->host, text_of("{\"grant\": \"api_key\"}"));
  return PSABRIDGE_OK;
}
static psabridge_code check(void* self, const psabridge_str* entities, size_t entity_count,
                            const psabridge_check_sink* sink, const psabridge_call* call) {
  (void)self, (void)entities, (void)entity_count, (void)call;
  const psabridge_finding finding = {
      .size = sizeof finding, .check = text_of("source"), .fact = text_of("well")};
  sink->finding(sink->host, &finding);
  return PSABRIDGE_OK;
}
/* It promises events, and has no verbs for them. */
static psabridge_code describe_events(void* self, const psabridge_text_sink* sink,
                                      const psabridge_call* call) {
  (void)self, (void)call;
  sink->text(sink->host, text_of("{\"entities\": {\"ticket\": {\"map\": {\"summary\": \"summary\"}}},"
                                 " \"events\": {\"e\": {\"entity\": \"ticket\", \"title\": \"E\"}}}"));
  return PSABRIDGE_OK;
}
struct verbs_1_1 {
  size_t size;
  psabridge_code (*describe)(void* self, const psabridge_text_sink* sink, const psabridge_call* call);
  psabridge_code (*pull)(void* self, const psabridge_pull* pull, const psabridge_pull_sink* sink,
                         const psabridge_call* call);
  psabridge_code (*get)(void* self, psabridge_str entity, const psabridge_str* ids, size_t id_count,
                        const psabridge_get_sink* sink, const psabridge_call* call);
  psabridge_code (*sign_in)(void* self, const psabridge_text_sink* sink, const psabridge_call* call);
  psabridge_code (*check)(void* self, const psabridge_str* entities, size_t entity_count,
                          const psabridge_check_sink* sink, const psabridge_call* call);
};
static const struct verbs_1_1 elder_verbs = {sizeof elder_verbs, describe, pull, get, sign_in, check};
static const struct verbs_1_1 boaster_verbs = {
    sizeof boaster_verbs, describe_events, pull, get, sign_in, check};
static const psabridge_role elder_role = {sizeof(psabridge_role),
                                          PSABRIDGE_ROLE_CONNECTOR,
                                          0,
                                          TEXT("elder"),
                                          TEXT("s"),
                                          TEXT("{}"),
                                          &elder_verbs,
                                          create,
                                          destroy};
static const psabridge_role boaster_role = {sizeof(psabridge_role),
                                            PSABRIDGE_ROLE_CONNECTOR,
                                            0,
                                            TEXT("boaster"),
                                            TEXT("s"),
                                            TEXT("{}"),
                                            &boaster_verbs,
                                            create,
                                            destroy};
static const psabridge_role source_role = {sizeof(psabridge_role),
                                           PSABRIDGE_ROLE_CONNECTOR,
                                           0,
                                           TEXT("small"),
                                           TEXT("s"),
                                           TEXT("{}"),
                                           &source_verbs,
                                           create,
                                           destroy};
static const psabridge_role small_role = {sizeof(psabridge_role),
                                          PSABRIDGE_ROLE_SYNCER,
                                          0,
                                          TEXT("small"),
                                          TEXT("s"),
                                          TEXT("{}"),
                                          &small_verbs,
                                          create,
                                          destroy};
#endif

static const psabridge_role* const roles[] = {
    &routing_role.known,
#ifdef TABLE_ROLE_TWICE
    &routing_role.known,
#endif
#ifdef TABLE_SMALL
    &small_role,         &source_role, &elder_role, &boaster_role,
#endif
};

#ifdef TABLE_NO_ENTRY
#define ENTRY psabridge_plugin_v0
#else
#define ENTRY psabridge_plugin_v1
#endif

const struct {
  psabridge_plugin known;
  LATER_MEMBERS
} ENTRY = {.known = {
#ifdef TABLE_TOO_SMALL
               16,
#else
               SIZE(psabridge_plugin),
#endif
#ifdef TABLE_NEWER_MAJOR
               PSABRIDGE_ABI_MAJOR + 1,
#else
               PSABRIDGE_ABI_MAJOR,
#endif
               PSABRIDGE_ABI_MINOR, PLUGIN_ID, TEXT("1.0.0"), TEXT("Example Ltd"), TEXT("a plugin in C"),
               roles,
#ifdef TABLE_NO_ROLES
               0
#else
               sizeof roles / sizeof roles[0]
#endif
           }};
