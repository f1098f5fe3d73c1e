// A model that is none of ours: nothing can be asked here.

export const title = "Another kind of model";
export const fields = () => [];
export const samples = {};
export const instances = () => [];
export const ready = () => false;
export const waiting = "This page does not know this kind of model; “rembert query” and the REST interface ask it.";
export const show = () => ({ summary: "", nodes: [] });
export const targets = () => [];
