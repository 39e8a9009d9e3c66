// The configuration of graphql-codegen.
export default {
  schema: "../../schema.graphql",
  documents: "typed/*.graphql",
  generates: {
    ".build/typed/": {
      preset: "client",
      config: { enumsAsTypes: true, strictScalars: false, useTypeImports: true },
    },
  },
};
