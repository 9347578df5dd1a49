import type { inferRouterInputs, inferRouterOutputs, TRPCBuiltRouter, TRPCMutationProcedure, TRPCQueryProcedure } from '@trpc/server';
/**
 * The type of the router for clients: paths, inputs, outputs and errors. Nothing loads this file at run time.
 *
 * The compiler expands the type of an inferred constant, but writes an alias as a reference. The declaration of this
 * constant therefore refers to nothing of the server, neither its context with Prisma and Fastify nor a schema.
 *
 * @public
 */
export declare const appRouter: TRPCBuiltRouter<{
    ctx: object;
    meta: object;
    transformer: true;
    errorShape: {
        message: string;
        code: -32603 | -32600 | -32029 | -32022 | -32015 | -32013 | -32012 | -32009 | -32005 | -32004 | -32003 | -32001;
        data: {
            code: "BAD_REQUEST" | "CONFLICT" | "FORBIDDEN" | "INTERNAL_SERVER_ERROR" | "METHOD_NOT_SUPPORTED" | "NOT_FOUND" | "PAYLOAD_TOO_LARGE" | "PRECONDITION_FAILED" | "SERVICE_UNAVAILABLE" | "TOO_MANY_REQUESTS" | "UNAUTHORIZED" | "UNPROCESSABLE_CONTENT" | "UNSUPPORTED_MEDIA_TYPE";
            httpStatus: number;
            path: string | undefined;
            error: {
                code: "BAD_REQUEST" | "CONFLICT" | "EMAIL_TAKEN" | "FORBIDDEN" | "INTERNAL_ERROR" | "INVALID_CREDENTIALS" | "INVALID_TOKEN" | "LAST_ADMIN" | "METHOD_NOT_ALLOWED" | "NOT_FOUND" | "PASSWORD_TOO_COMMON" | "PAYLOAD_TOO_LARGE" | "RATE_LIMITED" | "SERVICE_UNAVAILABLE" | "UNAUTHORIZED" | "UNPROCESSABLE" | "UNSUPPORTED_MEDIA_TYPE" | "VALIDATION_ERROR" | "VERSION_MISMATCH";
                message: string;
                details?: {
                    path: string;
                    message: string;
                    code: string;
                }[];
                requestId: string;
            };
            retryAfterSeconds?: number;
        };
    };
}, {
    auth: {
        /** Register an account. */
        register: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                email: string;
                password: string;
                name: string;
            };
            output: {
                status: "verification_sent";
            };
        }>;
        /** Verify an email address. */
        verifyEmail: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                token: string;
            };
            output: void;
        }>;
        /** Resend the verification mail. */
        resendVerification: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                email: string;
            };
            output: {
                status: "verification_sent";
            };
        }>;
        /** Log in with a password. */
        login: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                email: string;
                password: string;
                delivery?: "body" | "cookie" | undefined;
            };
            output: {
                accessToken: string;
                tokenType: "Bearer";
                expiresIn: number;
                refreshToken?: string | undefined;
                user: {
                    id: string;
                    email: string;
                    name: string;
                    role: "admin" | "user";
                    status: "active" | "deleted" | "disabled";
                    emailVerifiedAt: Date | null;
                    createdAt: Date;
                    updatedAt: Date;
                    version: number;
                };
            };
        }>;
        /** Refresh the access token. */
        refresh: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                refreshToken?: string | undefined;
            };
            output: {
                accessToken: string;
                tokenType: "Bearer";
                expiresIn: number;
                refreshToken?: string | undefined;
                user: {
                    id: string;
                    email: string;
                    name: string;
                    role: "admin" | "user";
                    status: "active" | "deleted" | "disabled";
                    emailVerifiedAt: Date | null;
                    createdAt: Date;
                    updatedAt: Date;
                    version: number;
                };
            };
        }>;
        /** Log out. */
        logout: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                refreshToken?: string | undefined;
            };
            output: void;
        }>;
        /** Request a password reset. */
        requestPasswordReset: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                email: string;
            };
            output: {
                status: "reset_sent";
            };
        }>;
        /** Set a password with a token from a mail. */
        resetPassword: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                token: string;
                password: string;
            };
            output: void;
        }>;
        /** Change your password. */
        changePassword: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                currentPassword: string;
                newPassword: string;
            };
            output: void;
        }>;
        /** Request a change of your email address. */
        requestEmailChange: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                email: string;
                currentPassword: string;
            };
            output: {
                status: "email_change_sent";
            };
        }>;
        /** Confirm a new email address. */
        confirmEmailChange: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                token: string;
            };
            output: void;
        }>;
    };
    sessions: {
        /** List your active sessions. */
        list: TRPCQueryProcedure<{
            meta: unknown;
            input: void;
            output: {
                id: string;
                createdAt: Date;
                lastUsedAt: Date;
                ip: string;
                userAgent: string;
                isCurrent: boolean;
            }[];
        }>;
        /** Revoke one of your sessions. */
        revoke: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                id: string;
            };
            output: void;
        }>;
        /** Revoke all your other sessions. */
        revokeOthers: TRPCMutationProcedure<{
            meta: unknown;
            input: void;
            output: void;
        }>;
    };
    users: {
        /** Get your account. */
        me: TRPCQueryProcedure<{
            meta: unknown;
            input: void;
            output: {
                id: string;
                email: string;
                name: string;
                role: "admin" | "user";
                status: "active" | "deleted" | "disabled";
                emailVerifiedAt: Date | null;
                createdAt: Date;
                updatedAt: Date;
                version: number;
            };
        }>;
        /** Update your account. */
        updateMe: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                name?: string | undefined;
                version?: number | undefined;
            };
            output: {
                id: string;
                email: string;
                name: string;
                role: "admin" | "user";
                status: "active" | "deleted" | "disabled";
                emailVerifiedAt: Date | null;
                createdAt: Date;
                updatedAt: Date;
                version: number;
            };
        }>;
        /** Delete your account. */
        removeMe: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                password: string;
            };
            output: void;
        }>;
        /** Export all data stored about your account. */
        exportMe: TRPCQueryProcedure<{
            meta: unknown;
            input: void;
            output: {
                exportedAt: Date;
                isComplete: boolean;
                account: {
                    id: string;
                    email: string;
                    name: string;
                    role: "admin" | "user";
                    status: "active" | "deleted" | "disabled";
                    emailVerifiedAt: Date | null;
                    createdAt: Date;
                    updatedAt: Date;
                    version: number;
                };
                sessions: {
                    id: string;
                    createdAt: Date;
                    lastUsedAt: Date;
                    expiresAt: Date;
                    endedAt: Date | null;
                    endReason: string | null;
                    ip: string;
                    userAgent: string;
                }[];
                links: {
                    kind: string;
                    email: string | null;
                    createdAt: Date;
                    expiresAt: Date;
                    usedAt: Date | null;
                }[];
                mails: {
                    template: string;
                    to: string;
                    status: string;
                    createdAt: Date;
                    sentAt: Date | null;
                }[];
                auditEvents: {
                    type: string;
                    actorId: string | null;
                    userId: string | null;
                    ip: string | null;
                    userAgent: string | null;
                    data: unknown;
                    createdAt: Date;
                }[];
                resources: Record<string, Record<string, unknown>[]>;
            };
        }>;
        /** List users. */
        list: TRPCQueryProcedure<{
            meta: unknown;
            input: {
                page?: number | undefined;
                limit?: number | undefined;
                q?: string | undefined;
                role?: "admin" | "user" | undefined;
                status?: "active" | "deleted" | "disabled" | undefined;
                sort?: "createdAt" | "email" | "name" | undefined;
                order?: "asc" | "desc" | undefined;
            };
            output: {
                items: {
                    id: string;
                    email: string;
                    name: string;
                    role: "admin" | "user";
                    status: "active" | "deleted" | "disabled";
                    emailVerifiedAt: Date | null;
                    createdAt: Date;
                    updatedAt: Date;
                    version: number;
                }[];
                meta: {
                    total: number;
                    page: number;
                    limit: number;
                };
            };
        }>;
        /** Get a user. */
        get: TRPCQueryProcedure<{
            meta: unknown;
            input: {
                id: string;
            };
            output: {
                id: string;
                email: string;
                name: string;
                role: "admin" | "user";
                status: "active" | "deleted" | "disabled";
                emailVerifiedAt: Date | null;
                createdAt: Date;
                updatedAt: Date;
                version: number;
            };
        }>;
        /** Invite a user by mail. */
        create: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                email: string;
                name: string;
                role?: "admin" | "user" | undefined;
            };
            output: {
                id: string;
                email: string;
                name: string;
                role: "admin" | "user";
                status: "active" | "deleted" | "disabled";
                emailVerifiedAt: Date | null;
                createdAt: Date;
                updatedAt: Date;
                version: number;
            };
        }>;
        /** Replace a user. */
        replace: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                id: string;
                email: string;
                name: string;
                role: "admin" | "user";
                status: "active" | "disabled";
                version?: number | undefined;
            };
            output: {
                id: string;
                email: string;
                name: string;
                role: "admin" | "user";
                status: "active" | "deleted" | "disabled";
                emailVerifiedAt: Date | null;
                createdAt: Date;
                updatedAt: Date;
                version: number;
            };
        }>;
        /** Update a user. */
        update: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                id: string;
                email?: string | undefined;
                name?: string | undefined;
                role?: "admin" | "user" | undefined;
                status?: "active" | "disabled" | undefined;
                version?: number | undefined;
            };
            output: {
                id: string;
                email: string;
                name: string;
                role: "admin" | "user";
                status: "active" | "deleted" | "disabled";
                emailVerifiedAt: Date | null;
                createdAt: Date;
                updatedAt: Date;
                version: number;
            };
        }>;
        /** Delete a user. */
        remove: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                id: string;
                version?: number | undefined;
            };
            output: void;
        }>;
        /** Restore a deleted user. */
        restore: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                id: string;
                version?: number | undefined;
            };
            output: {
                id: string;
                email: string;
                name: string;
                role: "admin" | "user";
                status: "active" | "deleted" | "disabled";
                emailVerifiedAt: Date | null;
                createdAt: Date;
                updatedAt: Date;
                version: number;
            };
        }>;
        /** Resend an invitation. */
        resendInvitation: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                id: string;
            };
            output: {
                status: "invitation_sent";
            };
        }>;
        /** Permanently erase the personal data of a deleted user. */
        erase: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                id: string;
                version?: number | undefined;
            };
            output: void;
        }>;
    };
    posts: {
        /** List or search posts. */
        list: TRPCQueryProcedure<{
            meta: unknown;
            input: {
                limit?: number | undefined;
                cursor?: string | undefined;
                authorId?: string | undefined;
                status?: "draft" | "published" | undefined;
                q?: string | undefined;
                order?: "newest" | "oldest" | "relevance" | undefined;
            };
            output: {
                items: {
                    id: string;
                    title: string;
                    body: string;
                    status: "draft" | "published";
                    publishedAt: Date | null;
                    author: {
                        id: string;
                        name: string;
                    };
                    createdAt: Date;
                    updatedAt: Date;
                    version: number;
                }[];
                meta: {
                    limit: number;
                    nextCursor: string | null;
                    hasMore: boolean;
                };
            };
        }>;
        /** Get a post. */
        get: TRPCQueryProcedure<{
            meta: unknown;
            input: {
                id: string;
            };
            output: {
                id: string;
                title: string;
                body: string;
                status: "draft" | "published";
                publishedAt: Date | null;
                author: {
                    id: string;
                    name: string;
                };
                createdAt: Date;
                updatedAt: Date;
                version: number;
            };
        }>;
        /** Create a post. */
        create: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                title: string;
                body: string;
                status?: "draft" | "published" | undefined;
            };
            output: {
                id: string;
                title: string;
                body: string;
                status: "draft" | "published";
                publishedAt: Date | null;
                author: {
                    id: string;
                    name: string;
                };
                createdAt: Date;
                updatedAt: Date;
                version: number;
            };
        }>;
        /** Replace a post. */
        replace: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                id: string;
                title: string;
                body: string;
                status: "draft" | "published";
                version?: number | undefined;
            };
            output: {
                id: string;
                title: string;
                body: string;
                status: "draft" | "published";
                publishedAt: Date | null;
                author: {
                    id: string;
                    name: string;
                };
                createdAt: Date;
                updatedAt: Date;
                version: number;
            };
        }>;
        /** Update a post. */
        update: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                id: string;
                title?: string | undefined;
                body?: string | undefined;
                status?: "draft" | "published" | undefined;
                version?: number | undefined;
            };
            output: {
                id: string;
                title: string;
                body: string;
                status: "draft" | "published";
                publishedAt: Date | null;
                author: {
                    id: string;
                    name: string;
                };
                createdAt: Date;
                updatedAt: Date;
                version: number;
            };
        }>;
        /** Delete a post. */
        remove: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                id: string;
                version?: number | undefined;
            };
            output: void;
        }>;
        /** Restore a deleted post. */
        restore: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                id: string;
                version?: number | undefined;
            };
            output: {
                id: string;
                title: string;
                body: string;
                status: "draft" | "published";
                publishedAt: Date | null;
                author: {
                    id: string;
                    name: string;
                };
                createdAt: Date;
                updatedAt: Date;
                version: number;
            };
        }>;
    };
    audit: {
        /** List audit events. */
        list: TRPCQueryProcedure<{
            meta: unknown;
            input: {
                limit?: number | undefined;
                cursor?: string | undefined;
                type?: "email.verified" | "login.failed" | "login.succeeded" | "login.throttled" | "logout" | "mail.retried" | "password.changed" | "password.refused" | "password.reset" | "password.reset_requested" | "post.removed" | "post.restored" | "post.updated_by_admin" | "refresh.reused" | "register.requested" | "session.replaced" | "session.revoked" | "sessions.revoked" | "user.created" | "user.disabled" | "user.email_change_requested" | "user.email_changed" | "user.enabled" | "user.erased" | "user.exported" | "user.invited" | "user.removed" | "user.restored" | "user.role_changed" | "user.updated" | undefined;
                userId?: string | undefined;
                actorId?: string | undefined;
            };
            output: {
                items: {
                    id: string;
                    type: string;
                    actorId: string | null;
                    userId: string | null;
                    ip: string | null;
                    userAgent: string | null;
                    requestId: string | null;
                    data: Record<string, string | number | boolean | null>;
                    createdAt: Date;
                }[];
                meta: {
                    limit: number;
                    nextCursor: string | null;
                    hasMore: boolean;
                };
            };
        }>;
    };
    mail: {
        /** List outgoing mail. */
        list: TRPCQueryProcedure<{
            meta: unknown;
            input: {
                limit?: number | undefined;
                cursor?: string | undefined;
                status?: "dead" | "pending" | "sent" | undefined;
            };
            output: {
                items: {
                    id: string;
                    template: string;
                    to: string;
                    status: "dead" | "pending" | "sent";
                    attempts: number;
                    lastError: string | null;
                    createdAt: Date;
                    sentAt: Date | null;
                }[];
                meta: {
                    limit: number;
                    nextCursor: string | null;
                    hasMore: boolean;
                };
            };
        }>;
        /** Retry a failed mail. */
        retry: TRPCMutationProcedure<{
            meta: unknown;
            input: {
                id: string;
            };
            output: {
                id: string;
                template: string;
                to: string;
                status: "dead" | "pending" | "sent";
                attempts: number;
                lastError: string | null;
                createdAt: Date;
                sentAt: Date | null;
            };
        }>;
    };
}>;
export type AppRouter = typeof appRouter;
/** The inputs of procedures: `Inputs['posts']['create']`. */
export type Inputs = inferRouterInputs<AppRouter>;
/** The outputs of procedures: `Outputs['posts']['get']`. */
export type Outputs = inferRouterOutputs<AppRouter>;
