// validatorUrl: null, because the default asks a server of Swagger's about this document.
SwaggerUIBundle({ url: "/api/openapi.json", dom_id: "#docs", deepLinking: true, validatorUrl: null });
